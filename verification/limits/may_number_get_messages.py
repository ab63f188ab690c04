"""Whether a number may get a text or call now: its country is allowed, its range isn't blocked, nobody opted out."""

from datetime import datetime

from verification.limits import blocked_ranges, countries_and_prices
from verification.models import Channel
from verification.outcomes import Verdict


def refusal(kind: str, address: str, *, now: datetime, is_opted_out: bool = False) -> Verdict | None:
    """Return why no text or call may be sent to a number now, or None. Emails are never refused."""
    if not countries_and_prices.costs(kind):
        return None
    if is_opted_out and kind == Channel.TEXT:
        return Verdict.STOPPED
    if not countries_and_prices.is_allowed(kind, address):
        return Verdict.COUNTRY_NOT_ALLOWED
    if blocked_ranges.is_blocked(address, now=now):
        return Verdict.PAUSED
    return None

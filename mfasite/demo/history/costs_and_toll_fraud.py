"""What texts and calls cost in the month: open countries, spending limits, a blocked range, a number that opted out."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from accounts.support import administration_audit_events
from mfasite.demo.history.people import HistoryPerson, Staff
from mfasite.demo.history.timeline import Timeline
from verification.audit import verification_audit_events
from verification.keys import crypto
from verification.limits import blocked_ranges, countries_and_prices, spending_limits
from verification.limits.counting import fixed_windows
from verification.limits.counting.counter_rows import UNLIMITED
from verification.models import BlockedRange, Channel, Counter, Country, OptOut, Span, SpendingLimit

# Country, price of a text and of a call.
_PRICES = (("CH", "0.062", "0.095"), ("DE", "0.089", "0.070"), ("FR", "0.071", "0.060"), ("AT", "0.082", "0.110"))
_RANGE = "+43660"


def add(timeline: Timeline, days: Sequence[datetime], people: Sequence[HistoryPerson], staff: Staff) -> None:
    """Add prices, limits and what was spent, and what the protection against toll fraud did."""
    first = days[0] + timedelta(hours=8)
    prices = {}
    for code, text, call in _PRICES:
        prices[code] = {Channel.TEXT: Decimal(text), Channel.CALL: Decimal(call)}
        defaults = {"text_price": prices[code][Channel.TEXT], "call_price": prices[code][Channel.CALL]}
        row, _ = Country.objects.update_or_create(code=code, defaults=defaults)
        reason = "Colleagues live there"
        timeline.event(
            first,
            administration_audit_events.GUARD_CHANGED,
            actor_id=staff.operator.pk,
            guard=f"country {row}",
            reason=reason,
        )
    for span, alarm_at, stop_at in ((Span.DAY, 10, 40), (Span.MONTH, 100, 300)):
        SpendingLimit.objects.update_or_create(span=span, defaults={"alarm_at": alarm_at, "stop_at": stop_at})
    countries_and_prices.forget()
    spending_limits.forget()
    blocked_ranges.forget()
    for spending in spending_limits.in_force():
        limit = fixed_windows.WindowLimit(f"{spending_limits.SPENT}{spending.span}", "", spending.window, UNLIMITED)
        sent = timeline.sent_since(limit.window_at(timeline.now))
        spent = sum(
            int(prices[m.country][Channel(m.kind)] * countries_and_prices.UNIT) for m in sent if m.country in prices
        )
        Counter.objects.create(
            scope=limit.scope, key=limit.key(), window_at=limit.window_at(timeline.now), count=spent, until_at=None
        )
    _pumping(timeline, days[-20] + timedelta(hours=3, minutes=20), staff)
    _opt_out(timeline, days[-5] + timedelta(hours=12, minutes=40), people)


def _pumping(timeline: Timeline, at: datetime, staff: Staff) -> None:
    """Hardly any code sent to a range abroad was typed in, so texts to it stopped until an operator lifted it."""
    why, lifted_at = "The provider blocked the numbers; our people there can't sign in", at + timedelta(hours=5)
    BlockedRange.objects.create(
        range=_RANGE,
        n_sent=31,
        n_proven=2,
        began_at=at,
        ends_at=at + timedelta(hours=24),
        lifted_at=lifted_at,
        lifted_by=staff.operator,
        why_lifted=why,
    )
    timeline.event(at, verification_audit_events.RANGE_PAUSED, range=_RANGE, n_sent=31, n_proven=2)
    timeline.event(
        lifted_at, verification_audit_events.RANGE_LIFTED, actor_id=staff.operator.pk, range=_RANGE, reason=why
    )


def _opt_out(timeline: Timeline, at: datetime, people: Sequence[HistoryPerson]) -> None:
    """Somebody answered STOP to a text."""
    phone = [member.texts for member in people if member.texts and member.app][-1]
    OptOut.objects.create(address_digest=crypto.digest("address", phone.address), hint=phone.hint, at=at)
    timeline.event(at, verification_audit_events.NUMBER_STOPPED, number=phone.hint)

"""Blocked ranges of numbers: whether a number is in one, until when, and the trial in which it gets a few messages.

Each process reads every few seconds what is blocked. Authenticator apps, passkeys and recovery codes are never
affected.
"""

from datetime import datetime, timedelta

from django.utils import timezone

from verification import conf, phone_numbers
from verification.db.compiled_queries import BindParam, Select
from verification.db.ttl_cache import TTLCache
from verification.limits import countries_and_prices
from verification.models import BlockedRange

_TRIAL_LENGTH = timedelta(minutes=1)  # in each interval, a blocked range is open this long
MAX_TRIAL_MESSAGES = 4  # to a blocked range in each trial
TRIAL_INTERVAL = timedelta(minutes=15)

_IN_FORCE = Select(
    lambda: BlockedRange.objects.filter(lifted_at=None, ends_at__gt=BindParam("now"), is_warning=False).order_by(
        "range"
    )
)


def _load() -> tuple[BlockedRange, ...]:
    return tuple(in_force(timezone.now()))


_cache = TTLCache(_load, seconds=lambda: 5 * conf.cache_seconds())
forget = _cache.forget


def is_blocked(address: str, *, now: datetime) -> bool:
    """Return whether the range of a number is blocked, and no trial is on."""
    prefix = phone_numbers.prefix(address)
    return any(blocked.range == prefix and _is_blocked(blocked, now) for blocked in _cache.read())


def _is_blocked(blocked: BlockedRange, now: datetime) -> bool:
    """Return whether a range gets nothing now. One minute in fifteen is a trial, in which a few messages are sent."""
    return now < blocked.ends_at and not _is_trial(blocked, now)


def _is_trial(blocked: BlockedRange, now: datetime) -> bool:
    passed = now - blocked.began_at
    return passed >= TRIAL_INTERVAL and passed % TRIAL_INTERVAL < _TRIAL_LENGTH and now < blocked.ends_at


def paused_until(address: str, *, now: datetime) -> datetime | None:
    """Return when the block of a number's range ends, if nobody lifts it earlier. None if it isn't blocked."""
    prefix = phone_numbers.prefix(address)
    ends = (each.ends_at for each in _cache.read() if each.range == prefix and now < each.ends_at)
    return max(ends, default=None)


def is_on_trial(kind: str, address: str, *, now: datetime) -> bool:
    """Return whether a number is in a blocked range that gets a few messages now, to see if codes are entered again."""
    prefix = phone_numbers.prefix(address) if countries_and_prices.costs(kind) else ""
    return any(each.range == prefix and _is_trial(each, now) for each in _cache.read())


def foreign_range(kind: str, address: str) -> str:
    """Return the range of a number abroad. Empty for emails and for numbers of the organisation's own country."""
    return (
        phone_numbers.prefix(address)
        if countries_and_prices.costs(kind) and phone_numbers.country(address) != conf.home_region()
        else ""
    )


def in_force(now: datetime) -> list[BlockedRange]:
    """Return the ranges that are blocked now, without mere warnings."""
    return _IN_FORCE.all(now=now)


def purge(now: datetime, *, keep: timedelta) -> None:
    """Delete blocked ranges that ended longer ago than `keep`."""
    BlockedRange.objects.filter(ends_at__lt=now - keep).delete()

"""Spending limits: what messages may cost in a day or month, what they did cost, and whether that stops them now.

Operators set the limits in the admin; each process reads them every few seconds.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from verification import conf
from verification.db.ttl_cache import TTLCache
from verification.limits import countries_and_prices
from verification.limits.counting.counter_rows import UNLIMITED
from verification.limits.counting.fixed_windows import WindowLimit
from verification.models import Counter, Span, SpendingLimit

SPENT = "spend."  # prefix of the scopes that count cost

# Per period, the amounts of the alarm and of the stop, until operators change them.
LIMITS_OF_A_NEW_DATABASE = {Span.DAY: (Decimal(100), Decimal(400)), Span.MONTH: (Decimal(1000), Decimal(4000))}

_SPANS = {Span.DAY: timedelta(days=1), Span.MONTH: timedelta(days=30)}


@dataclass(frozen=True)
class SpendingWindow:
    """A spending limit as it is counted. Units: thousandths of the currency; None is no limit."""

    span: Span
    window: timedelta
    alarm_at: int | None
    stop_at: int | None


def _thousandths(amount: Decimal | None) -> int | None:
    return None if amount is None else int(amount * countries_and_prices.UNIT)


def _load() -> tuple[SpendingWindow, ...]:
    return tuple(
        SpendingWindow(Span(row.span), _SPANS[Span(row.span)], _thousandths(row.alarm_at), _thousandths(row.stop_at))
        for row in SpendingLimit.objects.order_by("span")
    )


_cache = TTLCache(_load, seconds=lambda: 5 * conf.cache_seconds())
forget = _cache.forget


def in_force() -> tuple[SpendingWindow, ...]:
    """Return the spending limits that operators set."""
    return _cache.read()


def window_limits(spending: Iterable[SpendingWindow], cost: int) -> list[WindowLimit]:
    """Return spending limits as they are counted for a message of this cost."""
    return [
        WindowLimit(
            f"{SPENT}{limit.span}",
            "",
            limit.window,
            _most_spent(limit.stop_at),
            by=cost,
            alarm_at=limit.alarm_at,
            is_given_back=True,
        )
        for limit in spending
    ]


def _most_spent(stop_at: int | None) -> int:
    """Return where spending stops. An amount that no count can pass would limit nothing, so the highest count does."""
    return UNLIMITED if stop_at is None else min(stop_at, UNLIMITED - 1)


def spent(span: str, window: timedelta, *, now: datetime) -> int:
    """Return how much was spent in the current window of a span. Units: thousandths of the currency."""
    limit = WindowLimit(f"{SPENT}{span}", "", window, UNLIMITED)
    rows = Counter.objects.filter(scope=limit.scope, key=limit.key(), window_at=limit.window_at(now))
    return rows.values_list("count", flat=True).first() or 0


def _read_spent() -> dict[tuple[str, datetime], int]:
    """Return what was spent in the current windows, by scope and start."""
    now, limits = timezone.now(), window_limits(in_force(), 0)
    keys, starts = [limit.key() for limit in limits], [limit.window_at(now) for limit in limits]
    rows = Counter.objects.filter(scope__in=[limit.scope for limit in limits], key__in=keys, window_at__in=starts)
    return {(scope, start): count for scope, start, count in rows.values_list("scope", "window_at", "count")}


_spent = TTLCache(_read_spent, seconds=lambda: 5 * conf.cache_seconds())


def spending_stopped_until(kind: str, address: str, *, now: datetime) -> datetime | None:
    """Return until when a spending limit stops a message to a number, as far as this process knows, or None."""
    return _stopped_until(countries_and_prices.cost(kind, address), now)


def spending_stops_all_until(kind: str, *, now: datetime) -> datetime | None:
    """Return until when spending limits stop even the cheapest message of a kind, or None."""
    return _stopped_until(countries_and_prices.lowest_cost(kind), now)


def _stopped_until(cost: int, now: datetime) -> datetime | None:
    limits = window_limits(in_force(), cost) if cost else []
    spent_so_far = _spent.read() if limits else {}
    ends = [
        limit.window_at(now) + limit.window
        for limit in limits
        if spent_so_far.get((limit.scope, limit.window_at(now)), 0) + cost > limit.most
    ]
    return max(ends, default=None)

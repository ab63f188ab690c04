"""Spending limits: what messages may cost in a day or month, what they did cost, and whether that stops them now."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.utils import timezone

from verification import conf
from verification.db.ttl_cache import TTLCache
from verification.limits import toll_fraud
from verification.limits.fixed_windows import WindowLimit
from verification.limits.gates import (
    UNLIMITED,
)
from verification.models import Counter

SPENT = "spend."  # prefix of the scopes that count cost


def spending_limits(spending: Iterable[toll_fraud.SpendingWindow], cost: int) -> list[WindowLimit]:
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
    now, limits = timezone.now(), spending_limits(toll_fraud.spending_limits(), 0)
    keys, starts = [limit.key() for limit in limits], [limit.window_at(now) for limit in limits]
    rows = Counter.objects.filter(scope__in=[limit.scope for limit in limits], key__in=keys, window_at__in=starts)
    return {(scope, start): count for scope, start, count in rows.values_list("scope", "window_at", "count")}


_spent = TTLCache(_read_spent, seconds=lambda: 5 * conf.cache_seconds())


def spending_stopped_until(kind: str, address: str, *, now: datetime) -> datetime | None:
    """Return until when a spending limit stops a message to a number, as far as this process knows, or None."""
    return _stopped_until(toll_fraud.cost(kind, address), now)


def spending_stops_all_until(kind: str, *, now: datetime) -> datetime | None:
    """Return until when spending limits stop even the cheapest message of a kind, or None."""
    return _stopped_until(toll_fraud.lowest_cost(kind), now)


def _stopped_until(cost: int, now: datetime) -> datetime | None:
    limits = spending_limits(toll_fraud.spending_limits(), cost) if cost else []
    ends = [
        limit.window_at(now) + limit.window
        for limit in limits
        if _spent.read().get((limit.scope, limit.window_at(now)), 0) + cost > limit.most
    ]
    return max(ends, default=None)

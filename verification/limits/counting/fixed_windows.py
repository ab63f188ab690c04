"""Counters in fixed windows of time, such as an hour or a day, raised in one statement."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from django.db import connection
from django.db.models import F

from verification.db import batched_writes
from verification.db.batched_writes import Rows
from verification.db.compiled_queries import BindParam, Update
from verification.keys import crypto
from verification.limits.counting.counter_rows import EPOCH, KEY_LENGTH, Condition, db_time, one_more
from verification.limits.counting.limit_decision import OPEN, Gate
from verification.models import Counter

_ROW = {name: BindParam(name) for name in ("scope", "key", "window_at")}
_GIVE_BACK = Update(
    lambda: (Counter.objects.filter(**_ROW, count__gte=BindParam("by")), {"count": F("count") - BindParam("by")})
)


def window_start(window: timedelta, now: datetime) -> datetime:
    """Return when the current window of this length began."""
    return now - (now - EPOCH) % window


@dataclass(frozen=True)
class WindowLimit:
    """At most `most` of something within a window. Each action adds `by` to the count.

    With `is_given_back` the count is undone if any limit refuses the action, so that refused requests use up nothing.
    """

    scope: str
    value: str
    window: timedelta
    most: int
    by: int = 1
    alarm_at: int | None = None
    is_given_back: bool = False

    def key(self) -> bytes:
        return crypto.mac(f"limit.{self.scope}", self.value)[:KEY_LENGTH]

    def window_at(self, now: datetime) -> datetime:
        return window_start(self.window, now)


def by_key(limits: Iterable[WindowLimit]) -> dict[tuple[str, bytes], WindowLimit]:
    """Return limits by the scope and the key of their counter."""
    return {(limit.scope, limit.key()): limit for limit in limits}


class WindowCount:
    """One statement that raises all counters of an action, and what it says."""

    def __init__(self, limits: Iterable[WindowLimit], now: datetime) -> None:
        self._rows = by_key(limits)
        self._now = now
        self._counts: Rows = []

    @property
    def is_run(self) -> bool:
        """Whether the counters were raised."""
        return bool(self._counts)

    def statement(self, only_if: str = "TRUE") -> Condition:
        """Return the statement, which raises all counters if a condition is true."""
        ordered = sorted(self._rows)  # all statements lock rows in the same order, so that none deadlock
        values = ", ".join("(%s, %s, %s, %s)" for _ in ordered)
        sql = f"""
            INSERT INTO verification_counter (scope, key, window_at, count)
            SELECT * FROM (VALUES {values}) AS counted WHERE {only_if}
            ON CONFLICT (scope, key, window_at) DO UPDATE
                SET count = {one_more("verification_counter.count", "excluded.count")}
            RETURNING scope, count
        """  # noqa: S608  (only placeholders are put in)
        each = (((scope, key), self._rows[scope, key]) for scope, key in ordered)
        return sql, [part for at, limit in each for part in (*at, db_time(limit.window_at(self._now)), limit.by)]

    def run(self) -> Gate:
        """Raise the counters, and return whether any is over its limit."""
        self._counts = batched_writes.run(*self.statement())
        return self.gate()

    def run_after(self, sql: str, values: Sequence[Any]) -> Rows:
        """Run a statement, and raise the counters if it returns rows. Return these. PostgreSQL gets both as one."""
        if connection.vendor == "sqlite":
            first = batched_writes.run(sql, values)
            self._counts = batched_writes.run(*self.statement()) if first else []
            return first
        counting, counted = self.statement(only_if="EXISTS (SELECT FROM first)")
        both = f"""
            WITH first AS ({sql}), counts AS ({counting})
            SELECT (SELECT jsonb_agg(first) FROM first) AS first, (SELECT jsonb_agg(counts) FROM counts) AS counts
        """  # noqa: S608  (only placeholders are put in)
        [found] = batched_writes.run(both, [*values, *counted])
        self._counts = json.loads(found["counts"] or "[]")
        return cast("Rows", json.loads(found["first"] or "[]"))

    def gate(self) -> Gate:
        """Return whether a counter is over its limit; if so, undo the counts that are given back."""
        limits = {limit.scope: limit for limit in self._rows.values()}
        passed = [(limits[row["scope"]], row["count"]) for row in self._counts]
        if over := [limit for limit, count in passed if count > limit.most]:
            give_back(self._rows, self._now)
            retry_at = max(limit.window_at(self._now) + limit.window for limit in over)
            return Gate(is_open=False, retry_at=retry_at, scope=over[0].scope)
        alarms = tuple(b.scope for b, n in passed if b.alarm_at is not None and n - b.by < b.alarm_at <= n)
        return Gate(is_open=True, alarms=alarms) if alarms else OPEN


def count_in_windows(limits: Iterable[WindowLimit], now: datetime) -> Gate:
    """Raise all counters in one statement, and return whether any is over its limit."""
    return WindowCount(limits, now).run()


def give_back(rows: Mapping[tuple[str, bytes], WindowLimit], now: datetime) -> None:
    """Undo the counts of the limits that are given back."""
    for (scope, key), limit in rows.items():
        if limit.is_given_back:
            _GIVE_BACK.run(scope=scope, key=key, window_at=limit.window_at(now), by=limit.by)

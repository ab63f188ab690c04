"""The SQL that changes the rows of counters, shared by the rate limits."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from verification.db import batched_writes
from verification.db.batched_writes import Write

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MAX_WINDOW = timedelta(days=31)  # the longest window in which anything is counted
KEY_LENGTH = 16  # bytes of a digest: 128 bits are enough to tell names, places and numbers apart
UNLIMITED = 2**31 - 1  # a count goes no further, because its column can't hold more
EPOCH = datetime(2020, 1, 1, tzinfo=UTC)


def one_more(column: str, by: str = "1") -> str:
    """Return the SQL that raises a count, at most to `UNLIMITED`."""
    least, cast = ("MIN", "") if connection.vendor == "sqlite" else ("LEAST", "::bigint")
    return f"{least}({column}{cast} + {by}, {UNLIMITED})"


def db_time(value: datetime | None) -> Any:  # noqa: ANN401  (what the database's driver takes)
    return connection.ops.adapt_datetimefield_value(value) if value is not None else None


Condition = tuple[str, Sequence[Any]]  # a part of a statement, with the values of its placeholders


Row = Mapping[str, Any]  # the key of a row, by column


def change_rows(
    table: str,
    rows: Sequence[Row],
    changes: Condition,
    *,
    only: Condition = ("TRUE", ()),
    ending: Sequence[Row] = (),
    over: Condition = ("TRUE", ()),
) -> None:
    """Change rows, with the other writes of a block. Rows of `ending` are deleted instead if `over` is true for them.

    PostgreSQL gets one write for each row, in the order of their keys. All requests count in that order, so they don't
    deadlock, and no row is locked before it is written, which would cost as much as deleting it.
    If another request is changing a row, PostgreSQL waits for it, then reads the conditions and values again. But it
    also checks constraints with the older row, so a new value must be allowed even where `only` or `over` is false.
    A deleted row isn't updated too. If another request lowers a count to its end after the deletion was tried, the row
    stays with a count of 0.
    """
    delete, update = f"DELETE FROM {table}", f"UPDATE {table} SET {changes[0]}"  # noqa: S608  (names of ours)
    with batched_writes.block():
        if connection.vendor == "sqlite":
            if ending:
                _write(delete, ending, over)
            _write(update, rows, only, changes[1])
            return
        for row in sorted(rows, key=lambda row: tuple(row.values())):
            if row in ending:
                _write(delete, [row], over)
            _write(update, [row], only, changes[1])


def _write(verb: str, rows: Sequence[Row], only: Condition, values: Sequence[Any] = ()) -> None:
    named = " OR ".join("(" + " AND ".join(f"{column} = %s" for column in row) + ")" for row in rows)
    keys = [value for row in rows for value in row.values()]
    sql = f"{verb} WHERE ({named}) AND {only[0]}"
    batched_writes.later(Write(sql=sql, values=[*values, *keys, *only[1]], returning="1 AS n"))

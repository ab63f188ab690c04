"""Tables partitioned by month on PostgreSQL: new partitions are created in advance, old ones dropped as a whole.

Such a table has ids in the order of time, so a month is a range of ids. A row whose month has no part yet goes into a
part for the rest, so writing a row never fails. Other databases keep each table whole, and this module does nothing
there.
"""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import OperationalError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

from verification.db import row_locks

_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)  # the function `verification_id` in the migration counts from the same
_MILLISECOND = timedelta(milliseconds=1)
_BITS = 22  # of a sequence, under the milliseconds
_LAST_MILLISECOND = 2**41 - 1  # of what a column holds: in 2089
_MONTHS_AHEAD = 2  # months that get their partition before they begin
_MONTHS_BEHIND = 12  # past months that get a partition, if their rows were written without one
_RANGE = re.compile(r"FROM \('?(-?\d+)'?\) TO \('?(-?\d+)'?\)")
_RESTING = "SELECT EXISTS (SELECT 1 FROM {table}_rest WHERE id >= %s AND id < %s)"
_MAX_TRIES = 40
_LOCK_MILLISECONDS = 250  # for so long sign-ins may wait behind us, then we let them go on and try again


def first_id(moment: datetime) -> int:
    """Return the lowest id that a row written at a moment can have."""
    return min(max((moment - _EPOCH) // _MILLISECOND, 0), _LAST_MILLISECOND) << _BITS


def moment_of(row_id: int) -> datetime:
    """Return when a row got its id."""
    return _EPOCH + (row_id >> _BITS) * _MILLISECOND


@dataclass(frozen=True, order=True)
class Month:
    """A month, in UTC."""

    year: int
    month: int

    @classmethod
    def of(cls, moment: datetime) -> "Month":
        """Return the month of a moment."""
        there = moment.astimezone(UTC)
        return cls(there.year, there.month)

    def later(self, n: int = 1) -> "Month":
        """Return the month so many months later, or earlier."""
        years, month = divmod(self.month - 1 + n, 12)
        return Month(self.year + years, month + 1)

    def after_each_since(self, moment: datetime) -> "list[Month]":
        """Return the month after each one since a moment, the oldest first, up to this one.

        Anyone who removes old months goes from one to the next, in a transaction each: a drop locks the whole table
        until its transaction ends.
        """
        month, found = Month.of(moment).later(), list[Month]()
        while month < self:
            found.append(month)
            month = month.later()
        return [*found, self]

    @property
    def starts_at(self) -> datetime:
        """Return its first instant."""
        return datetime(self.year, self.month, 1, tzinfo=UTC)

    def __str__(self) -> str:
        return f"{self.year}-{self.month:02d}"


@dataclass(frozen=True, order=True)
class Partition:
    """The partition of a table for the ids from `first` to before `end`."""

    first: int
    end: int
    name: str


def is_parted(connection: BaseDatabaseWrapper, table: str) -> bool:
    """Return whether a table is partitioned."""
    if connection.vendor != "postgresql":
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT relkind = 'p' FROM pg_class WHERE oid = to_regclass(%s)", [table])
        found = cursor.fetchone()
    return bool(found and found[0])


def parts(connection: BaseDatabaseWrapper, table: str) -> list[Partition]:
    """Return the partitions of a table with their ranges, the oldest first, without the default one."""
    return sorted(
        Partition(int(found[1]), int(found[2]), name)
        for name, bound in _children(connection, table)
        if (found := _RANGE.search(bound))
    )


def names(connection: BaseDatabaseWrapper, table: str) -> list[str]:
    """Name all partitions of a table, with the default one."""
    return [name for name, _ in _children(connection, table)]


def _children(connection: BaseDatabaseWrapper, table: str) -> list[tuple[str, str]]:
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits i"
            " JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = to_regclass(%s) ORDER BY 1",
            [table],
        )
        return [(str(name), str(bound)) for name, bound in cursor.fetchall()]


def prepare(connection: BaseDatabaseWrapper, table: str, *, now: datetime, fill_factor: int = 100) -> list[str]:
    """Create the missing partitions of this month and the next ones, and return their names.

    What waits in the part of the rest moves into them. Units: `fill_factor` is the share of a page, in percent, that
    inserts may fill; updates use the room that is left.
    """
    if not is_parted(connection, table):
        return []
    there = {part.first for part in parts(connection, table)}
    near = [Month.of(now).later(n) for n in range(-_MONTHS_BEHIND, _MONTHS_AHEAD + 1)]
    wanted = [month for month in near if month >= Month.of(now) or _has_rest(connection, table, month)]
    missing = [month for month in wanted if first_id(month.starts_at) not in there]
    for month in missing:
        _patiently(connection, _making(table, month, fill_factor))
    return [_name(table, month) for month in missing]


def _has_rest(connection: BaseDatabaseWrapper, table: str, month: Month) -> bool:
    """Return whether the default partition has rows of a month."""
    with connection.cursor() as cursor:
        cursor.execute(_RESTING.format(table=table), [first_id(month.starts_at), first_id(month.later().starts_at)])
        return bool(cursor.fetchone()[0])


def _name(table: str, month: Month) -> str:
    return f"{table}_{month.year}_{month.month:02d}"


def _making(table: str, month: Month, fill_factor: int) -> Callable[[CursorWrapper], None]:
    first, end = first_id(month.starts_at), first_id(month.later().starts_at)
    rest, old = f"{table}_rest", f"{table}_rest_old"
    options = f" WITH (fillfactor = {fill_factor})"
    make = f"CREATE TABLE {_name(table, month)} PARTITION OF {table} FOR VALUES FROM ({first}) TO ({end}){options}"

    def run(cursor: CursorWrapper) -> None:
        cursor.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")  # no row goes into the default partition now
        cursor.execute(_RESTING.format(table=table), [first, end])
        [has_rows] = cursor.fetchone()
        if not has_rows:
            cursor.execute(make)
            return
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {table} DETACH PARTITION {rest}")
        cursor.execute(f"ALTER TABLE {rest} RENAME TO {old}")
        cursor.execute(f"CREATE TABLE {rest} PARTITION OF {table} DEFAULT{options}")
        cursor.execute(make)
        cursor.execute(f"INSERT INTO {table} SELECT * FROM {old}")  # noqa: S608  (names of our own tables)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute(f"DROP TABLE {old}")

    return run


def drop(connection: BaseDatabaseWrapper, table: str, *, before: int) -> list[str]:
    """Drop the partitions whose rows all have an id before this one, and return their names.

    Rows that others are writing to younger parts wait a quarter of a second at most.
    """
    old = [part.name for part in parts(connection, table) if part.end <= before]
    for name in old:
        _patiently(connection, _dropping(name))
    return old


def _dropping(name: str) -> Callable[[CursorWrapper], None]:
    return lambda cursor: cursor.execute(f"DROP TABLE IF EXISTS {name}") and None


def _patiently(connection: BaseDatabaseWrapper, change: Callable[[CursorWrapper], None]) -> None:
    """Change a table while others use it: wait for its lock for a moment only, let the others go on, and try again."""
    for left in reversed(range(_MAX_TRIES)):
        try:
            with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL lock_timeout = {_LOCK_MILLISECONDS}")
                change(cursor)
                cursor.execute("SET LOCAL lock_timeout = DEFAULT")
        except OperationalError as error:
            if not left or not row_locks.is_lock_missing(error):
                raise
            time.sleep(_LOCK_MILLISECONDS / 1000)
        else:
            return


def sizes(connection: BaseDatabaseWrapper, table: str) -> Iterator[tuple[str, int]]:
    """Yield each partition of a table, and how many bytes it takes on the disk with its indexes."""
    with connection.cursor() as cursor:
        for name in names(connection, table):
            cursor.execute("SELECT pg_total_relation_size(%s::regclass)", [name])
            yield name, int(cursor.fetchone()[0])

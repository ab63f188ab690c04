"""`Gate`, the answer of every rate limit, with the SQL that the limits share."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from verification import conf
from verification.db import batched_writes
from verification.db.batched_writes import Write

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MAX_WINDOW = timedelta(days=31)  # the longest window in which anything is counted
KEY_LENGTH = 16  # bytes of a digest: 128 bits are enough to tell names, places and numbers apart
UNLIMITED = 2**31 - 1  # a count goes no further, because its column can't hold more
EPOCH = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Gate:
    """Whether an action is allowed now, and if not, when it can be tried again.

    `scope` names the limit that was reached; `alarms` names the limits whose alarm this action triggered.
    """

    is_open: bool
    retry_at: datetime | None = None
    n_failures: int = 0
    is_locked: bool = False
    n_today: int = 0
    scope: str = ""
    alarms: tuple[str, ...] = ()


OPEN = Gate(is_open=True)


def for_network(most: int, network: str) -> int:
    """Return the limit of a network. The organisation's own networks, where thousands share an address, get more."""
    try:
        address = ipaddress.ip_address(network)
    except ValueError:
        return most
    is_own = any(address in ipaddress.ip_network(own) for own in conf.own_networks())
    return most * conf.own_network_factor() if is_own else most


def db_time(value: datetime | None) -> Any:  # noqa: ANN401  (what the database's driver takes)
    return connection.ops.adapt_datetimefield_value(value) if value is not None else None


Condition = tuple[str, Sequence[Any]]  # a part of a statement, with the values of its placeholders


def change_rows(
    table: str,
    keys: tuple[str, ...],
    where: Condition,
    changes: Condition,
    *,
    only: Condition = ("TRUE", ()),
    over: Condition | None = None,
) -> None:
    """Change rows, with the other writes of a block. Shape: `table` with its alias of one letter.

    PostgreSQL locks all rows of `where` in the order of `keys`, in which they are counted, so that concurrent requests
    don't deadlock. `held` is a row as it is once it is locked: `only`, `over` and the new values in `changes` read it,
    because the row in the table is the one that the statement saw when it began. PostgreSQL even checks constraints
    with that one first. Rows for which `over` is true are deleted instead, before the others are changed: on SQLite,
    the second statement sees what the first one left.
    """
    with batched_writes.block():
        if over is not None:
            _write("DELETE FROM {}", "USING", table, keys, where, ("", ()), over)
            only = (f"{only[0]} AND NOT {over[0]}", [*only[1], *over[1]])
        _write("UPDATE {} SET", "FROM", table, keys, where, changes, only)


def _write(
    verb: str, source: str, table: str, keys: tuple[str, ...], where: Condition, changes: Condition, only: Condition
) -> None:
    name, alias = table.split()
    verb = verb.format(f"{name} AS {alias}")
    if connection.vendor == "sqlite":
        sql = f"{verb} {changes[0]} WHERE {where[0]} AND {only[0]}".replace("held.", f"{alias}.")
        arguments = [*changes[1], *where[1], *only[1]]
    else:
        order = ", ".join(f"{alias}.{key}" for key in keys)
        same = " AND ".join(f"{alias}.{key} = held.{key}" for key in keys)
        held = f"SELECT {alias}.* FROM {table} WHERE {where[0]} ORDER BY {order} FOR UPDATE"  # noqa: S608
        sql = f"WITH held AS ({held}) {verb} {changes[0]} {source} held WHERE {same} AND {only[0]}"
        arguments = [*where[1], *changes[1], *only[1]]
    batched_writes.later(Write(sql=sql, values=arguments, returning="1 AS n"))

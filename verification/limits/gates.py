"""What every rate limit answers with, and the waits and SQL that they share."""

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from verification import conf

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MAX_WINDOW = timedelta(days=31)  # what is spent is counted for so long at most
UNLIMITED = 2**31 - 1
EPOCH = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Gate:
    """Whether an action may go on, and if not, when it may be tried again.

    `scope` names the limit that it broke, `alarms` those whose alarm this action set off.
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
    """Give the limit of a network: the organisation's own, where thousands share one address, are allowed more."""
    try:
        address = ipaddress.ip_address(network)
    except ValueError:
        return most
    is_own = any(address in ipaddress.ip_network(own) for own in conf.own_networks())
    return most * conf.own_network_factor() if is_own else most


def wait_schedule(now: datetime, free: int, longest: timedelta) -> list[tuple[int, datetime]]:
    """List for each failure after which a wait begins when that wait ends: 1, 2, 4 ... minutes, below the longest."""
    waits: list[tuple[int, datetime]] = []
    wait = timedelta(minutes=1)
    while wait < longest:
        waits.append((free + len(waits), now + wait))
        wait *= 2
    return waits


def db_time(value: datetime | None) -> Any:  # noqa: ANN401  (what the database's driver takes)
    return connection.ops.adapt_datetimefield_value(value) if value is not None else None


def change_rows(table: str, order: str, where: str, which: list[Any], changes: str, values: list[Any]) -> None:
    """Change rows in one statement. Shape: `table` with its alias of one letter.

    PostgreSQL holds them in the order in which they are counted: two requests at once must not wait for each other's.
    """
    alias = table[-1]
    if connection.vendor == "sqlite":
        sql = f"UPDATE {table[:-1]}AS {alias} SET {changes} WHERE {where}"  # noqa: S608  (only placeholders)
        arguments = [*values, *which]
    else:
        held = f"SELECT {alias}.id FROM {table} WHERE {where} ORDER BY {order} FOR UPDATE"  # noqa: S608
        target = f"{table[:-1]}AS {alias}"
        sql = f"WITH held AS ({held}) UPDATE {target} SET {changes} FROM held WHERE {alias}.id = held.id"  # noqa: S608
        arguments = [*which, *values]
    with connection.cursor() as cursor:
        cursor.execute(sql, arguments)

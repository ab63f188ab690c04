"""`Gate`, the answer of every rate limit, with the delays and the SQL that the limits share."""

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from verification import conf
from verification.db import together
from verification.db.together import Write

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MAX_WINDOW = timedelta(days=31)  # the longest window in which anything is counted
UNLIMITED = 2**31 - 1
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


def wait_schedule(now: datetime, free: int, longest: timedelta) -> list[tuple[int, datetime]]:
    """Return the count of failures and the end of each delay: 1, 2, 4 ... minutes, all below the longest."""
    waits: list[tuple[int, datetime]] = []
    wait = timedelta(minutes=1)
    while wait < longest:
        waits.append((free + len(waits), now + wait))
        wait *= 2
    return waits


def db_time(value: datetime | None) -> Any:  # noqa: ANN401  (what the database's driver takes)
    return connection.ops.adapt_datetimefield_value(value) if value is not None else None


def change_rows(table: str, order: str, where: str, which: list[Any], changes: str, values: list[Any]) -> None:
    """Change rows in one statement, with the others of a block. Shape: `table` with its alias of one letter.

    PostgreSQL locks them in the order in which they are counted, so that concurrent requests don't deadlock.
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
    together.later(Write(sql=sql, values=arguments, returning="1 AS n"))

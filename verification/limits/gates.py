"""`Gate`, the answer of every rate limit, with the delays and the SQL that the limits share."""

import ipaddress
from collections.abc import Sequence
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
KEY_LENGTH = 16  # bytes of a digest: 128 bits are enough to tell names, places and numbers apart
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


def change_rows(
    table: str,
    keys: tuple[str, ...],
    where: str,
    which: list[Any],
    change: str,
    values: list[Any],
    *,
    only: str = "",
    about: Sequence[Any] = (),
) -> None:
    """Change rows in one statement, with the others of a block. Shape: `table` with its alias of one letter.

    `change` is a SET, or DELETE. `keys` are the columns that tell the rows apart. PostgreSQL locks all rows in the
    order of `keys`, in which they are counted, so that concurrent requests don't deadlock. `only`, with its values
    `about`, chooses among the locked rows, which it calls `held`, by what they contain now; `where` sees what they
    contained when the statement began.
    """
    name, alias = table.split()
    verb = f"DELETE FROM {name} AS {alias}" if change == "DELETE" else f"UPDATE {name} AS {alias} {change}"  # noqa: S608
    if connection.vendor == "sqlite":
        sql = f"{verb} WHERE {where}" + (f" AND {only.replace('held.', f'{alias}.')}" if only else "")
        arguments = [*values, *which, *about]
    else:
        order = ", ".join(f"{alias}.{key}" for key in keys)
        same = " AND ".join(f"{alias}.{key} = held.{key}" for key in keys)
        held = f"SELECT {alias}.* FROM {table} WHERE {where} ORDER BY {order} FOR UPDATE"  # noqa: S608
        source = "USING" if change == "DELETE" else "FROM"
        sql = f"WITH held AS ({held}) {verb} {source} held WHERE {same}" + (f" AND {only}" if only else "")
        arguments = [*which, *values, *about]
    together.later(Write(sql=sql, values=arguments, returning="1 AS n"))

"""The options of the connection pool."""

from typing import Any


def options(*, max_connections: int) -> dict[str, Any]:
    """Return the options of psycopg's pool.

    It tries a lost connection again after 1, 2, 4, 8 ... seconds. After an outage of some minutes it would wait for
    minutes, so it gives up after one second. The next request then opens a new one.
    """
    return {"min_size": 1, "max_size": max_connections, "timeout": 3, "reconnect_timeout": 1}

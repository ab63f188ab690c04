"""Heartbeats of workers: each tells the broker that it is there, and is forgotten when it no longer does."""

import time
from datetime import timedelta

from verification.delivery.broker import connection
from verification.delivery.broker.queues import key

_MAX_HEARTBEAT_AGE = timedelta(seconds=30)  # three heartbeats of a worker
_WORKERS = "workers"


def seen(worker: str) -> None:
    """Record that a worker is there, and forget those that no longer are. Errors: `Unreachable`."""
    now = time.time()
    gone = now - _MAX_HEARTBEAT_AGE.total_seconds()
    connection.ask(("ZADD", key(_WORKERS), now, worker), ("ZREMRANGEBYSCORE", key(_WORKERS), "-inf", gone))


def workers() -> int:
    """Count the workers whose last heartbeat was less than three heartbeats ago. Errors: `Unreachable`."""
    [found] = connection.ask(("ZCOUNT", key(_WORKERS), time.time() - _MAX_HEARTBEAT_AGE.total_seconds(), "+inf"))
    return int(found)

"""Heartbeats of workers: how often each tells the broker that it's alive, and after how long it counts as dead.

The health check, staff pages and metrics count the workers that are alive.
"""

import time
from datetime import timedelta

from verification.delivery.broker import connection
from verification.delivery.broker.publishing_celery_messages import key

# They also show Flower that a worker is alive. Each costs as much as three messages.
HEARTBEAT_INTERVAL = timedelta(seconds=10)
_MAX_HEARTBEAT_AGE = 3 * HEARTBEAT_INTERVAL
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

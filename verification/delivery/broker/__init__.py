"""The broker: wakes workers, and says how long queues are and which workers are there."""

import time
from collections.abc import Sequence
from datetime import timedelta

from verification.delivery.broker import connection
from verification.delivery.broker.connection import Unreachable, forget
from verification.delivery.broker.queues import carry, key, push

__all__ = ["Unreachable", "carry", "depths", "forget", "is_reachable", "push", "seen", "workers"]

_MAX_HEARTBEAT_AGE = timedelta(seconds=30)  # three heartbeats of a worker
_WORKERS = "workers"


def is_reachable() -> bool:
    """Return whether the broker answers. Errors: `Unreachable`."""
    [answer] = connection.ask(("PING",))
    return bool(answer == b"PONG")


def depths(queues: Sequence[str]) -> list[int]:
    """Return how many tasks wait in each queue. Errors: `Unreachable`."""
    return [int(found) for found in connection.ask(*(("LLEN", key(queue)) for queue in queues))]


def seen(worker: str) -> None:
    """Record that a worker is there, and forget those that no longer are. Errors: `Unreachable`."""
    now = time.time()
    gone = now - _MAX_HEARTBEAT_AGE.total_seconds()
    connection.ask(("ZADD", key(_WORKERS), now, worker), ("ZREMRANGEBYSCORE", key(_WORKERS), "-inf", gone))


def workers() -> int:
    """Count the workers whose last heartbeat was less than three heartbeats ago. Errors: `Unreachable`."""
    [found] = connection.ask(("ZCOUNT", key(_WORKERS), time.time() - _MAX_HEARTBEAT_AGE.total_seconds(), "+inf"))
    return int(found)

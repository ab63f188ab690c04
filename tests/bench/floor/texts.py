"""Where the floor's texts go: a list in Redis, by the cheapest push there is. Nobody reads it."""

from functools import cache

import redis
from django.conf import settings

QUEUE = "floor"


@cache
def _connection() -> redis.Redis:
    return redis.Redis.from_url(settings.CACHES["default"]["LOCATION"])


def push(pk: int) -> None:
    """Tell a worker that would be there which row waits."""
    _connection().lpush(QUEUE, pk)

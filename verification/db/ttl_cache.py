"""A cache in the process for rows that every request reads, with values valid for some seconds."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from verification import conf
from verification.db import pooled_connections

T = TypeVar("T")


class TTLCache(Generic[T]):
    """Caches what `load` returns for a key until it is `seconds()` old. None is never cached.

    Units: seconds; by default `conf.cache_seconds()`. The number of values is bounded by the caller's keys.
    """

    def __init__(self, load: Callable[..., T], *, seconds: Callable[[], float] | None = None) -> None:
        self._load = load
        self._seconds = seconds or conf.cache_seconds
        self._lock = threading.Lock()
        self._values: dict[tuple[str, ...], tuple[float, T]] = {}

    def read(self, *key: str) -> T:
        """Return the value of a key. One thread loads what is missing or too old; the others wait for it.

        A thread with a connection to the database loads it itself: the one that loads may be waiting for connections.
        """
        kept = self._values.get(key)
        if kept is None or not self._is_fresh(kept):
            is_turn = self._lock.acquire(blocking=not pooled_connections.has_connection())
            try:
                kept = self._values.get(key)
                if kept is None or not self._is_fresh(kept):
                    kept = self._reload(key)
            finally:
                if is_turn:
                    self._lock.release()
        return kept[1]

    def has(self, *key: str) -> bool:
        """Return whether a value is cached for a key, even one that is too old."""
        return key in self._values

    def forget(self) -> None:
        """Reload every value at its next use, because this process changed the data."""
        self._values = {}

    def _reload(self, key: tuple[str, ...]) -> tuple[float, T]:
        values = self._values  # `forget` may replace the dictionary while `load` runs
        kept = (time.monotonic(), self._load(*key))
        if kept[1] is None:
            values.pop(key, None)
        else:
            values[key] = kept
        return kept

    def _is_fresh(self, kept: tuple[float, T]) -> bool:
        return time.monotonic() - kept[0] < self._seconds()

"""A cache in the process for what few rows say and every request asks, each value good for some seconds."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from verification import conf

T = TypeVar("T")


class TTLCache(Generic[T]):
    """Keeps what `load` returns for a key until it is `seconds()` old. Nothing found (None) is never kept.

    Units: seconds; unset, `conf.cache_seconds()`. The caller's keys bound how many values there are.
    """

    def __init__(self, load: Callable[..., T], *, seconds: Callable[[], float] | None = None) -> None:
        self._load = load
        self._seconds = seconds or conf.cache_seconds
        self._lock = threading.Lock()
        self._values: dict[tuple[str, ...], tuple[float, T]] = {}

    def read(self, *key: str) -> T:
        """Return the value of a key. One thread loads what is missing or too old; the others wait for it."""
        kept = self._values.get(key)
        if kept is None or not self._is_fresh(kept):
            with self._lock:
                kept = self._values.get(key)
                if kept is None or not self._is_fresh(kept):
                    kept = self._reload(key)
        return kept[1]

    def forget(self) -> None:
        """Load every value again at its next use, because this process changed what it is made of."""
        self._values = {}

    def _reload(self, key: tuple[str, ...]) -> tuple[float, T]:
        values = self._values  # what is forgotten meanwhile stays forgotten
        kept = (time.monotonic(), self._load(*key))
        if kept[1] is None:
            values.pop(key, None)
        else:
            values[key] = kept
        return kept

    def _is_fresh(self, kept: tuple[float, T]) -> bool:
        return time.monotonic() - kept[0] < self._seconds()

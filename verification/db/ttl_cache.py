"""Holds what few rows say and every request asks, for some seconds at most, so that no sign-in pays for it."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from verification import conf

T = TypeVar("T")


class Held(Generic[T]):
    """One value a process, read anew when the one at hand is older than `times` `conf.cache_seconds()`."""

    def __init__(self, load: Callable[[], T], *, times: int = 1) -> None:
        self._load = load
        self._times = times
        self._lock = threading.Lock()
        self._kept: tuple[float, T] | None = None

    def read(self) -> T:
        """Give the value at hand, or load it when it is too old."""
        kept = self._kept
        if kept is None or not self._is_fresh(kept):
            with self._lock:
                kept = self._kept
                if kept is None or not self._is_fresh(kept):
                    kept = self._kept = (time.monotonic(), self._load())
        return kept[1]

    def forget(self) -> None:
        """Load it anew next time: something was changed from here."""
        self._kept = None

    def _is_fresh(self, kept: tuple[float, T]) -> bool:
        return time.monotonic() - kept[0] < conf.cache_seconds() * self._times

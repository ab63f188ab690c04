"""Threads of a web process for work that no request waits for, such as notifying workers through the broker."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

from django.db import connections

_log = logging.getLogger(__name__)
_MAX_WAITING = 200  # pieces of work of one kind


class BackgroundThreads:
    """A few threads, which begin with the first work in this process, after its fork.

    If too much waits already, further work isn't done: use them only for work that a periodic task finds too.
    """

    def __init__(self, name: str, n_threads: Callable[[], int]) -> None:
        self._name, self._n_threads = name, n_threads
        self._room = threading.BoundedSemaphore(_MAX_WAITING)
        self._lock = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None

    def run(self, what: str, work: Callable[[], object]) -> None:
        """Have a thread do some work, and return immediately. The log names the work as `what` if it fails."""
        if self._n_threads() and self._room.acquire(blocking=False):
            # With the log's correlation id.
            self._started().submit(copy_context().run, self._do, what, work)

    def _started(self) -> ThreadPoolExecutor:
        with self._lock:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(max_workers=self._n_threads(), thread_name_prefix=self._name)
            return self._pool

    def _do(self, what: str, work: Callable[[], object]) -> None:
        try:
            work()
        except Exception:  # noqa: BLE001  (the outermost code of a thread)
            _log.exception("Work in the background failed: %s", what)
        finally:
            self._room.release()
            connections.close_all()

"""Publishes Celery tasks for rows of an outbox, without making any request wait for the broker.

If the broker doesn't answer, this process does the work in a thread. A task that runs every few seconds finds the rest.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings
from django.db import close_old_connections, connections

from verification.delivery import broker, conf

_log = logging.getLogger(__name__)
_pool: ThreadPoolExecutor | None = None
_lock = threading.Lock()


def publish(task: str, keys: Sequence[int], otherwise: Callable[[Sequence[int]], None]) -> None:
    """Publish a task with the keys of rows, and return immediately. Without a broker, call `otherwise` in a thread."""
    if conf.publisher_threads():
        _threads().submit(_publish, task, list(keys), otherwise)


def _threads() -> ThreadPoolExecutor:
    global _pool  # noqa: PLW0603  (one pool a process, made after its fork)
    with _lock:
        if _pool is None:
            _pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="publish")
        return _pool


def _publish(task: str, keys: list[int], otherwise: Callable[[Sequence[int]], None]) -> None:
    try:
        broker.push(settings.CELERY_TASK_DEFAULT_QUEUE, task, keys=keys)
    except broker.Unreachable as error:
        _log.warning("The broker doesn't answer (%s), so this process does %s", error, task)
        _do(keys, otherwise)


def _do(keys: list[int], otherwise: Callable[[Sequence[int]], None]) -> None:
    close_old_connections()
    try:
        otherwise(keys)
    except Exception:  # noqa: BLE001  (the outermost code of a thread)
        _log.exception("Work that waited in an outbox failed")
    finally:
        connections.close_all()

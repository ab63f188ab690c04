"""Publishes Celery tasks for rows of an outbox, without making any request wait for the broker.

If the broker doesn't answer, this process does the work in a thread. A task that runs every few seconds finds the rest.
"""

import logging
from collections.abc import Callable, Sequence
from functools import partial

from django.conf import settings

from verification.background_threads import BackgroundThreads
from verification.delivery import broker, conf

_log = logging.getLogger(__name__)
_MAX_THREADS = 2
_threads = BackgroundThreads("publish", lambda: min(conf.publisher_threads(), _MAX_THREADS))


def publish(task: str, keys: Sequence[int], otherwise: Callable[[Sequence[int]], None]) -> None:
    """Publish a task with the keys of rows, and return immediately. Without a broker, call `otherwise` in a thread."""
    _threads.run(task, partial(_publish, task, list(keys), otherwise))


def _publish(task: str, keys: list[int], otherwise: Callable[[Sequence[int]], None]) -> None:
    try:
        broker.push(settings.CELERY_TASK_DEFAULT_QUEUE, task, keys=keys)
    except broker.Unreachable as error:
        _log.warning("The broker doesn't answer (%s), so this process does %s", error, task)
        otherwise(keys)

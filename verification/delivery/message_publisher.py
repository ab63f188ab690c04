"""Wakes workers for committed messages from a small thread pool, so that no request waits for the broker.

If the broker doesn't answer, the same pool sends the message itself. The sweeper finds messages whose wake-up was lost.
"""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

from django.db import close_old_connections, connections

from verification.delivery import broker, conf, dispatch
from verification.models import Channel

_log = logging.getLogger(__name__)
_TASK = "verification.delivery.tasks.deliver"
_MAX_WAITING = 200  # wake-ups per process; the sweeper sends the messages of dropped ones
_QUEUES = {Channel.TEXT: "texts", Channel.CALL: "calls", Channel.MAIL: "housekeeping"}

_pool: ThreadPoolExecutor | None = None
_lock = threading.Lock()
_room = threading.BoundedSemaphore(_MAX_WAITING)


def up(message_id: int, kind: Channel) -> None:
    """Wake a worker for a message. Returns immediately, whatever the broker does."""
    if not conf.publisher_threads() or not _room.acquire(blocking=False):
        return
    _threads().submit(copy_context().run, _work, message_id, kind)  # copies the log's correlation id


def _threads() -> ThreadPoolExecutor:
    global _pool  # noqa: PLW0603  (one pool a process, made after its fork)
    with _lock:
        if _pool is None:
            _pool = ThreadPoolExecutor(max_workers=conf.publisher_threads(), thread_name_prefix="wake")
        return _pool


def _work(message_id: int, kind: Channel) -> None:
    try:
        publish(message_id, kind)
    except broker.Unreachable as error:
        _log.warning("The broker doesn't answer (%s), so this process sends m%s", error, message_id)
        _hand_over(message_id)
    finally:
        _room.release()


def publish(message_id: int, kind: Channel) -> None:
    """Put a wake-up on its queue. Errors: `broker.Unreachable`, within half a second."""
    broker.push(_QUEUES[kind], _TASK, message_id=message_id)


def _hand_over(message_id: int) -> None:
    close_old_connections()
    try:
        dispatch.send(message_id)
    except Exception:  # noqa: BLE001  (the outermost code of a thread)
        _log.exception("Sending m%s failed", message_id)
    finally:
        connections.close_all()

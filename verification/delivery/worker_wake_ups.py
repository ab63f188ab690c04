"""Wakes workers for committed messages from a small thread pool, so that no request waits for the broker.

If the broker doesn't answer, the same pool sends the message itself. The sweeper finds messages whose wake-up was lost.
"""

import logging
from functools import partial

from verification.background_threads import BackgroundThreads
from verification.delivery import broker, conf, dispatch
from verification.models import Channel

_log = logging.getLogger(__name__)
_TASK = "verification.delivery.tasks.deliver"
_threads = BackgroundThreads("wake", conf.publisher_threads)


def wake_worker(message_id: int, kind: Channel) -> None:
    """Wake a worker for a message. Returns immediately, whatever the broker does."""
    _threads.run(f"sending m{message_id}", partial(_wake, message_id, kind))


def _wake(message_id: int, kind: Channel) -> None:
    try:
        publish(message_id, kind)
    except broker.Unreachable as error:
        _log.warning("The broker doesn't answer (%s), so this process sends m%s", error, message_id)
        dispatch.send(message_id)


def publish(message_id: int, kind: Channel) -> None:
    """Put a wake-up on the queue of its channel. Errors: `broker.Unreachable`, within half a second."""
    broker.push(broker.QUEUE_OF_CHANNEL[kind], _TASK, message_id=message_id)

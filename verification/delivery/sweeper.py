"""Sweeper: a thread of each worker that sends messages whose wake-up was lost, so that none depends on the broker."""

import logging
import random
import threading

from django.db import Error, close_old_connections, connections

from verification.delivery import dispatch
from verification.models import Channel

_log = logging.getLogger(__name__)
_INTERVAL = 2.0  # seconds


def _hand(message_id: int, _kind: Channel) -> None:
    """Send one message. An error of ours stops neither the others nor the thread."""
    try:
        dispatch.send(message_id)
    except Error:
        raise
    except Exception:  # noqa: BLE001  (logged)
        _log.exception("The sweeper could not send m%s", message_id)


def run(stop: threading.Event) -> None:
    """Sweep until told to stop. Waits for a database that is away."""
    while not stop.wait(_INTERVAL * random.uniform(0.8, 1.2)):  # noqa: S311  (spreads workers, protects nothing)
        try:
            close_old_connections()
            dispatch.sweep(_hand)
        except Error as error:
            _log.warning("The sweeper can't reach the database: %s", type(error).__name__)
        except Exception:  # noqa: BLE001  (logged)
            _log.exception("The sweeper failed. It tries again.")
        finally:
            connections.close_all()


def start() -> threading.Event:
    """Start the thread. Set the event that it returns to stop it."""
    stop = threading.Event()
    threading.Thread(target=run, args=(stop,), name="sweeper", daemon=True).start()
    return stop

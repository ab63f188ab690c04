"""Sweeper: a thread of each worker that sends messages whose wake-up was lost, and settles those of dead workers."""

import logging
import random
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import Error, close_old_connections, connections
from django.db.models import F, Q, QuerySet
from django.db.models.lookups import IsNull
from django.utils import timezone

from verification.delivery import conf, dispatch
from verification.delivery.routing import availability_during_outages
from verification.models import Channel, Message, MessageState

_log = logging.getLogger(__name__)
_INTERVAL = 2.0  # seconds
_MAX_PER_SWEEP = 50  # messages
_MAX_WAKE_UP_TIME = timedelta(seconds=1)  # a message queued for longer than this got no wake-up


def _retire(rows: QuerySet[Message], *, now: datetime) -> None:
    """Close queued messages that are no longer useful: superseded, answered, expired."""
    rows.filter(state=MessageState.QUEUED).exclude(dispatch.wanted(now)).update(**dispatch.EXPIRED, ended_at=now)


def _moving() -> QuerySet[Message]:
    """Return the messages with which something is still to be done, by their index."""
    return Message.objects.filter(not_before__isnull=False)


def settle_leases(now: datetime) -> int:
    """Mark messages whose worker died while sending as unknown, and those without a receipt later as lost."""
    unknown = _moving().filter(state=MessageState.SENDING, lease_until__lte=now).update(state=MessageState.UNKNOWN)
    since = now - conf.lost_after()
    silent = Q(lease_until__lte=since) | Q(handed_at__lte=since)
    lost = _moving().filter(silent, state=MessageState.UNKNOWN).update(state=MessageState.LOST, not_before=None)
    return unknown + lost


def sweep(hand: Callable[[int, Channel], None], *, now: datetime | None = None) -> int:
    """Find messages that nobody claimed, close old ones, settle unknown ones. `hand` gets the messages found."""
    now = now or timezone.now()
    if not _moving().filter(not_before__lte=now - _MAX_WAKE_UP_TIME).exists():
        return 0  # the usual case, a few times a second: one read of a small index
    settle_leases(now)
    queued = Message.objects.filter(state=MessageState.QUEUED, not_before__lte=now - _MAX_WAKE_UP_TIME)
    _retire(queued, now=now)
    # They wait for the end of an outage and hold up no others.
    waiting = [kind for kind in Channel if availability_during_outages.off(kind, now)]
    codes_first = (IsNull(F("challenge"), True), "not_before")  # notices may wait for hours
    found = list(queued.exclude(kind__in=waiting).order_by(*codes_first).values_list("pk", "kind")[:_MAX_PER_SWEEP])
    for message_id, kind in found:
        hand(message_id, Channel(kind))
    return len(found)


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
            sweep(_hand)
        except Error as error:
            _log.warning("The sweeper can't read its messages from the database: %s", type(error).__name__)
        except Exception:  # noqa: BLE001  (logged)
            _log.exception("The sweeper failed. It tries again.")
        finally:
            connections.close_all()


def start() -> threading.Event:
    """Start the thread. Set the event that it returns to stop it."""
    stop = threading.Event()
    threading.Thread(target=run, args=(stop,), name="sweeper", daemon=True).start()
    return stop

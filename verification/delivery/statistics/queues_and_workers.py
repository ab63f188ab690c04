"""The length of the queues, the number of workers, and what waits in the outbox."""

import logging
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q

from verification.delivery import broker
from verification.models import Message
from verification.models.messages import MOVING

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Queue:
    """One queue of the broker. `depth` is None if the broker doesn't answer."""

    name: str
    depth: int | None


@dataclass(frozen=True)
class Waiting:
    """What waits in the outbox, per kind. Units: `oldest` in seconds."""

    kind: str
    n: int
    oldest: float


def queues() -> list[Queue]:
    """Return the length of each queue of the broker."""
    try:
        return [Queue(name, depth) for name, depth in zip(broker.QUEUES, broker.depths(broker.QUEUES), strict=True)]
    except broker.Unreachable as error:
        _log.warning("The broker doesn't report the length of its queues: %s", error)
        return [Queue(name, None) for name in broker.QUEUES]


def workers() -> int | None:
    """Count the workers that are there. None if the broker doesn't answer."""
    try:
        return broker.workers()
    except broker.Unreachable as error:
        _log.warning("The broker doesn't report its workers: %s", error)
        return None


def waiting(now: datetime) -> list[Waiting]:
    """Return what waits in the outbox, also for its next try. It is the truth whatever the broker says.

    Only what is due counts as late: a notice can wait an hour for its next try, and no worker has to be asked why.
    """
    rows = Message.objects.filter(state__in=MOVING, not_before__isnull=False)
    due = Min("not_before", filter=Q(not_before__lte=now))
    found = rows.values("kind").annotate(n=Count("pk"), since=due).order_by("kind")
    return [Waiting(row["kind"], row["n"], (now - (row["since"] or now)).total_seconds()) for row in found]

"""Reads audit events: of a person, since a moment, between two, and how many there are."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import QuerySet

from verification.audit.declaring_events import Event
from verification.db import partitions
from verification.models import AuditEvent, AuditSeal
from verification.models.audit import FREQUENT

# An id has the time at which the database wrote the row. That is later than the event by as much as a long job took,
# and earlier by as much as two clocks differ.
_MAX_WRITTEN_LATER, _MAX_WRITTEN_EARLIER = timedelta(hours=6), timedelta(hours=1)


def since(moment: datetime, *, of: Collection[Event] = (), prefix: str = "") -> QuerySet[AuditEvent]:
    """Return the events since a moment, for figures: of some kinds, if given."""
    rows = AuditEvent.objects.filter(at__gte=moment)
    if of:
        rows = rows.filter(kind__in=[event.kind for event in of])
    # The index of kinds doesn't have the frequent ones: only those who leave them out can use it.
    return rows.filter(kind__startswith=prefix).exclude(kind__in=FREQUENT) if prefix else rows


def between(
    events: QuerySet[AuditEvent], begins: datetime | None = None, ends: datetime | None = None
) -> QuerySet[AuditEvent]:
    """Return the events from an instant on, and before another one.

    The newest of them are found fast, however many newer events there are: on PostgreSQL by the time in their ids.
    """
    has_times = connection.vendor == "postgresql"
    if begins:
        events = events.filter(at__gte=begins)
        events = events.filter(id__gte=partitions.first_id(begins - _MAX_WRITTEN_EARLIER)) if has_times else events
    if ends:
        events = events.filter(at__lt=ends)
        events = events.filter(id__lt=partitions.first_id(ends + _MAX_WRITTEN_LATER)) if has_times else events
    return events


def size() -> tuple[int, int]:
    """Count the events and the seals."""
    return AuditEvent.objects.count(), AuditSeal.objects.count()


def newest() -> datetime | None:
    """Return when the newest event happened; none without events."""
    return AuditEvent.objects.order_by("-id").values_list("at", flat=True).first()


def of_person(
    user_id: int, *, of: Collection[Event] = (), prefix: str = "", before: int = 0, most: int = 30
) -> list[AuditEvent]:
    """Return what happened to a person, the newest first: of some kinds, and before an event's id, if given."""
    rows = AuditEvent.objects.filter(user_id=user_id)
    if prefix:
        rows = rows.filter(kind__startswith=prefix)
    if of:
        rows = rows.filter(kind__in=[event.kind for event in of])
    if before:
        rows = rows.filter(id__lt=before)
    return list(rows.order_by("-id")[:most])

"""Writes audit events, one for each action and in the action's own transaction, and reads events back."""

import base64
import hashlib
import json
import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from verification.audit.declarations import Event
from verification.context import Context
from verification.db import partitions
from verification.db.compiled_queries import Insert
from verification.keys import crypto
from verification.models import AuditEvent, AuditSeal
from verification.models.audit import FREQUENT, NONCE, WORDS_DIGEST

_ADD = Insert(AuditEvent)
# An id has the time at which the database wrote the row. That is later than the event by as much as a long job took,
# and earlier by as much as two clocks differ.
_MAX_WRITTEN_LATER, _MAX_WRITTEN_EARLIER = timedelta(hours=6), timedelta(hours=1)


def record(event: Event, *, user_id: int | None, context: Context, actor_id: int | None = None, **detail: Any) -> None:
    """Write one event. Call it in the transaction of the action that it records.

    Shape: `detail` holds words, counts, references, never a code, secret or number.
    What of it names or describes a person is kept apart, so that it can be erased: see `PERSONAL`.
    """
    _ADD.later(_row(EventToRecord(event, user_id, detail), context, actor_id))


@dataclass(frozen=True)
class EventToRecord:
    """One event of many: what happened, to which user, and its details, as `record` takes them."""

    event: Event
    user_id: int | None
    detail: dict[str, Any] = field(default_factory=dict)


def record_many(entries: Iterable[EventToRecord], *, context: Context, actor_id: int | None = None) -> None:
    """Write the events of one action on many people, in their order and with one statement for all of them.

    SQLite gets one statement for each 80 or so. Call it inside the transaction of what they tell of.
    """
    AuditEvent.objects.bulk_create(_row(entry, context, actor_id) for entry in entries)


def _row(entry: EventToRecord, context: Context, actor_id: int | None) -> AuditEvent:
    detail, words = _parted(entry.detail) if entry.user_id is not None else (entry.detail, {})
    row = AuditEvent(
        ref=AuditEvent.ref_at(context.now),
        at=context.now,
        kind=entry.event.kind,
        actor_id=actor_id if actor_id is not None else entry.user_id,
        user_id=entry.user_id,
        network=context.network,
        agent=context.agent,
        detail=detail,
        words=words,
        key_id=crypto.digest_key(),
    )
    row.digest = digest_of(row)
    return row


PERSONAL = frozenset({"reason", "note", "caller", "label", "way", "name", "methods"})


def _parted(said: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Split what an event says about a person into what stays and what can be erased. A digest ties the two."""
    words = {name: value for name, value in said.items() if name in PERSONAL and value}
    if not words:
        return said, {}
    words[NONCE] = secrets.token_hex(16)
    stays = {name: value for name, value in said.items() if name not in words}
    return {**stays, WORDS_DIGEST: digest_of_words(words)}, words


def digest_of_words(words: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(words, sort_keys=True).encode()).hexdigest()


def erase_words(user_id: int) -> int:
    """Erase the personal words in a person's events; returns how many had some. The chain holds without them."""
    return AuditEvent.objects.filter(user_id=user_id).exclude(words={}).update(words={})


def digest_of(event: AuditEvent) -> str:
    """Return what authenticates an event. Shape: 43 base64url characters, because hex would need 64."""
    body = json.dumps(
        [
            event.ref,
            event.at.isoformat(),
            event.kind,
            event.actor_id,
            event.user_id,
            event.network,
            event.agent,
            event.detail,
        ],
        sort_keys=True,
        ensure_ascii=True,
    )
    mac = crypto.mac("audit.event", body, key_id=event.key_id)
    return base64.urlsafe_b64encode(mac).decode().rstrip("=")


def is_intact(event: AuditEvent) -> bool | None:
    """Return whether an event is as it was written, or None if the key that would show it is missing."""
    try:
        return digest_of(event) == event.digest
    except crypto.KeyMissing:
        return None


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

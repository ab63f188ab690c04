"""Records audit events: one for each action, in the action's own transaction."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from verification.audit.declaring_events import Event
from verification.audit.digests import digest_of_event
from verification.audit.personal_words import parted
from verification.context import Context
from verification.db.compiled_queries import Insert
from verification.keys import crypto
from verification.models import AuditEvent

_ADD = Insert(AuditEvent)


def record(event: Event, *, user_id: int | None, context: Context, actor_id: int | None = None, **detail: Any) -> None:
    """Write one event. Call it in the transaction of the action that it records.

    Shape: `detail` holds words, counts, references, never a code, secret or number.
    What of it names or describes a person is kept apart, so that it can be erased: see `personal_words`.
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
    detail, words = parted(entry.detail) if entry.user_id is not None else (entry.detail, {})
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
    row.digest = digest_of_event(row)
    return row

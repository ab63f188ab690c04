"""The outbox: adds messages in the caller's transaction, and wakes a worker after commit."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from verification import phone_numbers
from verification.db.compiled_queries import Insert
from verification.delivery import worker_wake_ups
from verification.models import Challenge, Channel, Message
from verification.models.user_protocol import Person

_ADD = Insert(Message)


def add(challenge: Challenge, *, kind: str, template: str, now: datetime, fields: Mapping[str, str]) -> Message:
    """Add the message of a challenge to the outbox, in the caller's transaction. The row contains no code."""
    enrolment = challenge.enrolment
    message = Message(
        user=challenge.user,
        challenge=challenge,
        generation=challenge.generation,
        kind=kind,
        template=template,
        hint=enrolment.hint,
        language=challenge.language,
        created_at=now,
        not_before=now,
        useful_until=challenge.expires_at,
        **fields,
    )
    return _put(message, enrolment.address)


def notice(
    user: Person | None,
    address: str,
    *,
    template: str,
    context: dict[str, str],
    now: datetime,
    until: datetime,
    kind: Channel = Channel.MAIL,
    hint: str = "",
) -> None:
    """Add a notice to the outbox, by email unless `kind` says otherwise. Its context must contain no secret."""
    message = Message(
        user_id=user.pk if user is not None else None,
        kind=kind,
        template=template,
        context=context,
        hint=hint,
        language=(user.language if user is not None else "") or "en",
        created_at=now,
        not_before=now,
        useful_until=until,
    )
    _put(message, address)


def _put(message: Message, address: str) -> Message:
    message.address = address
    if message.kind != Channel.MAIL:
        message.country, message.range = phone_numbers.country(address), phone_numbers.prefix(address)
    _ADD.later(message)
    transaction.on_commit(lambda: worker_wake_ups.wake_worker(message.pk, Channel(message.kind)))
    return message

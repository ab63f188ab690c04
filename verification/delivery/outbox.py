"""Puts messages into the outbox inside the deed's transaction, and wakes a worker after commit."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from verification.delivery import wake
from verification.models import Challenge, Kind, Message

_NOTICE_LIFE = timedelta(days=2)


def add(challenge: Challenge, *, kind: str, template: str, now: datetime) -> Message:
    """Leave the message of a challenge in the outbox, inside the deed's transaction. It holds no code."""
    enrolment = challenge.enrolment
    message = Message(
        user=challenge.user,
        challenge=challenge,
        generation=challenge.generation,
        kind=kind,
        template=template,
        hint=enrolment.hint,
        extension=str(enrolment.data.get("extension", "")),
        language=challenge.language,
        created_at=now,
        not_before=now,
        useful_until=challenge.expires_at,
    )
    return _put(message, enrolment.address)


def notify(user: Any, *, template: str, context: dict[str, str], now: datetime) -> None:
    """Leave a notice by mail for a person who has an address. Its context holds no secret."""
    if user.email:
        _notice(user, user.email, template=template, context=context, now=now)


def alert(user: Any, *, template: str, now: datetime) -> None:
    """Leave a notice for company support about a person."""
    if address := getattr(settings, "SUPPORT_EMAIL", ""):
        _notice(user, address, template=template, context={"person": user.get_username()}, now=now)


def _notice(user: Any, address: str, *, template: str, context: dict[str, str], now: datetime) -> None:
    message = Message(
        user=user,
        kind=Kind.MAIL,
        template=template,
        context=context,
        hint="mail",
        language=getattr(user, "language", "") or "en",
        created_at=now,
        not_before=now,
        useful_until=now + _NOTICE_LIFE,
    )
    _put(message, address)


def _put(message: Message, address: str) -> Message:
    message.address = address
    message.save(force_insert=True)
    transaction.on_commit(lambda: wake.up(message.pk, Kind(message.kind)))
    return message

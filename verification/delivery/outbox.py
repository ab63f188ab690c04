"""Puts messages into the outbox, composes their words at hand-over, and wakes a worker after commit."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation

from verification import codes, conf
from verification.delivery import wake
from verification.delivery.provider import Outgoing, Speech
from verification.models import Challenge, Kind, Message
from verification.outcomes import Verdict

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


def compose(message: Message) -> Outgoing:
    """Write the words of a message at the moment of hand-over; the code exists only from here to the provider."""
    base = f"{conf.public_url()}/callbacks/{message.provider}"
    return Outgoing(
        id=message.handle,
        kind=Kind(message.kind),
        to=message.address,
        words=_render(message, message.template, {}),
        subject=_render(message, message.template, {"subject": True}) if message.kind == Kind.MAIL else "",
        language=message.language,
        useful_until=message.useful_until,
        receipt_url=f"{base}/receipt/{message.handle}/",
        keys_url=f"{base}/keys/{message.handle}/",
        tag=message.challenge.tag if message.challenge else "",
        extension=message.extension,
    )


def speech(message: Message, template: str, verdict: Verdict, *, goes_on: bool = False) -> Speech:
    """Say what a called person hears next."""
    return Speech(_render(message, template, {"verdict": str(verdict)}), more=goes_on)


def _render(message: Message, template: str, more: dict[str, Any]) -> str:
    challenge = message.challenge
    host = urlsplit(conf.public_url()).hostname or ""
    context: dict[str, Any] = {"organisation": conf.organisation(), "host": host, **message.context, **more}
    if challenge is not None:
        context |= {
            "code": codes.derive(
                handle=challenge.handle,
                generation=message.generation,
                nonce=challenge.nonce,
                key_id=challenge.key_id,
            ),
            "tag": challenge.tag,
            "mode": challenge.mode,
            "minutes": max(1, int(challenge.code_life.total_seconds() // 60)),
        }
    with translation.override(message.language):
        return render_to_string(template, context).strip()

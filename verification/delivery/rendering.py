"""Renders texts, calls and emails when they are handed to a provider. Codes are derived here and stored nowhere."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.functional import lazy

from verification import audit, conf, inputs, time_format
from verification.audit import UserEvent
from verification.browsers import user_agents
from verification.delivery.provider_interface import Outgoing, Speech
from verification.keys import codes_of_texts_calls_and_emails, derived_link_tokens
from verification.models import Channel, Message
from verification.outcomes import Verdict


def compose(message: Message, *, sender: str = "") -> Outgoing:
    """Render a message for its provider. Its code, if it has one, exists only from here on."""
    base = f"{conf.public_url()}/callbacks/{message.provider}"
    return Outgoing(
        id=message.handle,
        kind=Channel(message.kind),
        to=message.address,
        words=_render(message, message.template, {}),
        subject=_subject(message) if message.kind == Channel.MAIL else "",
        language=message.language,
        useful_until=message.useful_until,
        receipt_url=f"{base}/receipt/{message.handle}/",
        keys_url=f"{base}/keys/{message.handle}/",
        request_reference=message.challenge.reference if message.challenge else "",
        extension=message.extension,
        sender=sender,
    )


def speech(message: Message, template: str, verdict: Verdict, *, goes_on: bool = False) -> Speech:
    """Render what a called person hears next."""
    return Speech(_render(message, template, {"verdict": str(verdict)}), more=goes_on)


def _subject(message: Message) -> str:
    """Render one line. Django refuses only two of the characters that end a line, and others would start a header."""
    return inputs.one_line(_render(message, message.template, {"subject": True}))


# Most messages don't say when, and writing it takes a third of the time of a code.
_moment_if_shown = lazy(time_format.moment, str)


def _circumstances(message: Message) -> dict[str, str]:
    """Return the times and the browser that a notice names, in the reader's language and the organisation's zone."""
    context: Mapping[str, str] = message.context
    at = datetime.fromisoformat(context["at"]) if "at" in context else message.created_at
    said: dict[str, str] = {"when": _moment_if_shown(at)}
    if ends := context.get("ends"):
        said["ends_on"] = time_format.day(datetime.fromisoformat(ends))
    if until := context.get("until_at"):
        said["until"] = time_format.moment(datetime.fromisoformat(until))
    if agent := context.get("agent"):
        said["browser"] = user_agents.name(agent)
    return said


def _declared(context: Mapping[str, Any]) -> dict[str, str]:
    """Return the parts of the notice that an event declares, in the reader's language."""
    event = audit.find(context.get("event", ""))
    return event.notice.written(context) if isinstance(event, UserEvent) and event.notice else {}


def _render(message: Message, template: str, more: dict[str, Any]) -> str:
    challenge = message.challenge
    host = urlsplit(conf.public_url()).hostname or ""
    context: dict[str, Any] = {
        "organisation": conf.organisation_name(),
        "support": conf.support_name(),
        "support_contact": ", ".join(filter(None, (conf.support_phone(), conf.support_email()))),
        "host": host,
        **message.context,
        **more,
    }
    if handle := message.context.get("link"):
        purpose = message.context["link_purpose"]
        path = message.context["link_path"]
        context["url"] = f"{conf.public_url()}{path}{handle}/{derived_link_tokens.derive(purpose, handle)}/"
    if challenge is not None:
        context |= {
            "code": codes_of_texts_calls_and_emails.derive(
                handle=challenge.handle,
                generation=message.generation,
                nonce=challenge.nonce,
                key_id=challenge.key_id,
            ),
            "reference": challenge.reference,
            "mode": challenge.mode,
            "purpose": str(challenge.purpose),
            "minutes": max(1, int(challenge.code_life.total_seconds() // 60)),
        }
    with translation.override(message.language):
        context |= _circumstances(message)
        context |= _declared(context)
        return render_to_string(template, context).strip()

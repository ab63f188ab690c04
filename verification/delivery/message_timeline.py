"""The timeline of a message: what happened to it step by step, in words for staff."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from verification.delivery.routing import routes
from verification.models import Message


@dataclass(frozen=True)
class TimelineEntry:
    """One thing that happened to a message."""

    at: datetime
    words: str
    provider: str = ""


def timeline(message: Message) -> list[TimelineEntry]:
    """Return what happened to a message, step by step, from its row and the tries of its providers."""
    found = [TimelineEntry(message.created_at, str(_("requested")))]
    for attempt in message.attempts.order_by("at", "pk"):
        why = f", {attempt.get_reason_display()}" if attempt.reason else ""
        why += f":{said}" if (said := routes.explained(attempt.provider, attempt.code)) else ""
        found.append(TimelineEntry(attempt.at, f"{attempt.get_result_display()}{why}", attempt.provider))
    if message.handed_at:
        found.append(TimelineEntry(message.handed_at, str(_("handed to the provider")), message.provider))
    if message.ended_at:
        why = f", {message.get_reason_display()}" if message.reason else ""
        why += f":{said}" if (said := routes.explained(message.provider, message.code)) else ""
        found.append(TimelineEntry(message.ended_at, f"{message.get_state_display()}{why}", message.provider))
    return sorted(found, key=lambda entry: entry.at)

"""The days of the history, and what happened: collected in any order, written in order of time."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from mfasite.demo.history import challenges_and_messages
from mfasite.demo.history.challenges_and_messages import LIFE, MessageResult, Place
from verification import audit
from verification.audit import Event
from verification.context import Context
from verification.models import Attempt, Challenge, Channel, Message

__all__ = ["DAYS", "LIFE", "MessageResult", "Place", "Timeline"]

DAYS = 30  # of history, until the demo starts


class _Happening(NamedTuple):
    """An audit event that is to be written."""

    at: datetime
    event: Event
    user_id: int | None
    actor_id: int | None
    place: Place
    detail: dict[str, Any]


@dataclass
class Timeline:
    """The history so far. What would lie after `now` is left out."""

    now: datetime
    _events: list[_Happening] = field(default_factory=list)
    _challenges: list[Challenge] = field(default_factory=list)
    _messages: list[Message] = field(default_factory=list)
    _attempts: list[Attempt] = field(default_factory=list)

    def event(
        self,
        at: datetime,
        event: Event,
        *,
        user_id: int | None = None,
        actor_id: int | None = None,
        place: Place | None = None,
        **detail: Any,
    ) -> None:
        """Add an audit event."""
        if at < self.now:
            # In UTC, as the database gives it back: the digest of an event covers how its time is written.
            self._events.append(_Happening(at.astimezone(UTC), event, user_id, actor_id, place or Place(), detail))

    def add_request(
        self, challenge: Challenge, kind: Channel | None = None, result: MessageResult | None = None
    ) -> None:
        """Add a request to verify that has ended, and its text or call."""
        if challenge.expires_at >= self.now:
            return
        self._challenges.append(challenge)
        if kind is not None and result is not None:
            message = challenges_and_messages.message(challenge, kind, result)
            self._messages.append(message)
            self._attempts += challenges_and_messages.attempts(message, result)

    def add_notice(self, message: Message) -> None:
        """Add an email that was delivered."""
        if message.ended_at and message.ended_at < self.now:
            self._messages.append(message)

    def sent_since(self, moment: datetime) -> list[Message]:
        """Return the texts and calls that a provider took since a moment."""
        return [m for m in self._messages if m.kind != Channel.MAIL and m.handed_at and m.created_at >= moment]

    def write(self) -> int:
        """Write everything in order of time. Return the number of events."""
        Challenge.objects.bulk_create(sorted(self._challenges, key=lambda each: each.issued_at), batch_size=500)
        Message.objects.bulk_create(sorted(self._messages, key=lambda each: each.created_at), batch_size=500)
        Attempt.objects.bulk_create(self._attempts)
        for at, event, user_id, actor_id, place, detail in sorted(self._events, key=lambda each: each.at):
            context = Context(now=at, network=place.network, agent=place.agent)
            audit.record(event, user_id=user_id, context=context, actor_id=actor_id, **detail)
        return len(self._events)

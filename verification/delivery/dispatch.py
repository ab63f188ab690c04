"""Hands messages to providers: claim, send, write down. One claim wins; an unknown outcome is never sent again."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from verification import conf
from verification.delivery import routes, words
from verification.delivery.provider import Lost, Refused
from verification.models import Challenge, Kind, Message, MessageState, Reason, State
from verification.statements import Select, Slot, Update

_log = logging.getLogger(__name__)
_SWEEP = 50  # messages a round takes up at most
_WOKEN = timedelta(seconds=1)  # a message queued for longer than this was not woken


def _wanted(now: Any) -> Q:
    """Tell which queued messages still help: in time, and of a challenge that is open and sent no newer code."""
    waits = Challenge.objects.filter(
        pk=OuterRef("challenge_id"), state=State.OPEN, generation=OuterRef("generation"), expires_at__gt=now
    )
    return Q(Q(challenge__isnull=True) | Q(Exists(waits)), useful_until__gt=now)


_ROW, _CLAIMS, _NOW = Slot("pk"), Slot("claims"), Slot("now")
_CLAIM = Update(
    lambda: (
        Message.objects.filter(
            _wanted(_NOW), pk=_ROW, state=MessageState.QUEUED, not_before__lte=_NOW, claims__lt=Slot("most")
        ),
        {"state": MessageState.SENDING, "lease_until": Slot("lease_until"), "claims": F("claims") + 1},
    )
)
_READ = Select(lambda: Message.objects.select_related("challenge").filter(pk=_ROW))
_NAME = Update(
    lambda: (
        Message.objects.filter(pk=_ROW, state=MessageState.SENDING, claims=_CLAIMS),
        {"provider": Slot("provider")},
    )
)
_WRITTEN = ("state", "reference", "reason", "handed_at", "ended_at")
_WRITE = Update(
    lambda: (
        Message.objects.filter(pk=_ROW, state__in=[MessageState.SENDING, MessageState.UNKNOWN], claims=_CLAIMS),
        {name: Slot(name) for name in _WRITTEN} | {"lease_until": None},
    )
)


def send(message_id: int, *, now: datetime | None = None) -> MessageState | None:
    """Claim one message and hand it to the first provider that takes it; none if it is another's or not due."""
    now = now or timezone.now()
    if not _CLAIM.run(pk=message_id, now=now, most=conf.claims(), lease_until=now + conf.lease()):
        return retire(Message.objects.filter(pk=message_id), now=now)
    message = _READ.first(pk=message_id)
    if message is None:
        return None
    for provider in routes.route(Kind(message.kind)):
        message.provider = provider.name
        # The provider's name is on the row before the hand-over: a receipt may overtake our own note of it.
        if not _NAME.run(pk=message.pk, claims=message.claims, provider=provider.name):
            return None
        try:
            reference = provider.send(words.compose(message))
        except Refused as refusal:
            message.reason = refusal.reason
            if refusal.permanent:
                return _write(message, MessageState.FAILED, now=timezone.now())
        except Lost:
            return _write(message, MessageState.UNKNOWN, now=timezone.now())
        except Exception:  # noqa: BLE001  (the edge to a provider's library)
            # A fault of ours or of a library, perhaps after the words were out: never send this one again.
            _log.exception("provider %s failed on message %s", provider.name, message_id)
            return _write(message, MessageState.UNKNOWN, now=timezone.now())
        else:
            message.reference = reference
            message.reason = ""
            return _write(message, MessageState.ACCEPTED, now=timezone.now())
    return _later(message, now=timezone.now())


def _held(message: Message) -> QuerySet[Message]:
    return Message.objects.filter(pk=message.pk, state=MessageState.SENDING, claims=message.claims)


def _write(message: Message, state: MessageState, *, now: datetime) -> MessageState:
    """Note what became of a hand-over, unless a receipt was quicker."""
    ended = now if state == MessageState.FAILED else None
    changed = _WRITE.run(
        pk=message.pk,
        claims=message.claims,
        state=state,
        reference=message.reference,
        reason=message.reason,
        handed_at=now,
        ended_at=ended,
    )
    if not changed and message.reference:
        Message.objects.filter(pk=message.pk, reference="").update(reference=message.reference, handed_at=now)
    return state


def _later(message: Message, *, now: datetime) -> MessageState:
    """All providers refused for now: try again in 1, 2, 4 ... seconds, or give up after the last claim."""
    message.reason = message.reason or Reason.PROVIDER_DOWN
    if message.claims >= conf.claims():
        return _write(message, MessageState.FAILED, now=now)
    pause = timedelta(seconds=2 ** (message.claims - 1))
    _held(message).update(state=MessageState.QUEUED, not_before=now + pause, reason=message.reason, lease_until=None)
    return MessageState.QUEUED


def retire(rows: QuerySet[Message], *, now: datetime) -> MessageState | None:
    """Close queued messages that help nobody any more: superseded, answered, expired."""
    gone = (
        rows.filter(state=MessageState.QUEUED)
        .exclude(_wanted(now))
        .update(state=MessageState.EXPIRED, reason=Reason.TOO_OLD, ended_at=now)
    )
    return MessageState.EXPIRED if gone else None


def settle_leases(now: datetime) -> int:
    """Name the messages whose worker died in mid-send, and those of which no word came: first unknown, then lost."""
    dead = Message.objects.filter(state=MessageState.SENDING, lease_until__lte=now)
    unknown = dead.update(state=MessageState.UNKNOWN)
    silent = Message.objects.filter(state=MessageState.UNKNOWN, lease_until__lte=now - conf.lost_after())
    silent |= Message.objects.filter(state=MessageState.UNKNOWN, handed_at__lte=now - conf.lost_after())
    lost = silent.update(state=MessageState.LOST)
    return unknown + lost


def sweep(hand: Callable[[int, Kind], None], *, now: datetime | None = None) -> int:
    """Find what nobody took up, close what is stale, settle what is in doubt. `hand` takes the messages found."""
    now = now or timezone.now()
    settle_leases(now)
    queued = Message.objects.filter(state=MessageState.QUEUED, not_before__lte=now - _WOKEN)
    retire(queued, now=now)
    found = list(queued.order_by("not_before").values_list("pk", "kind")[:_SWEEP])
    for message_id, kind in found:
        hand(message_id, Kind(kind))
    return len(found)

"""How the virtual carrier behaves: what happens to a message, which receipts are sent, and how a call goes."""

import json
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction

from verification.db.compiled_queries import BindParam, Select
from verification.delivery.provider_interface import Outgoing
from verification.models.messages import Channel, FailureReason

from .models import Behaviour, Caption, Delivery, DeliveryState, PendingCallback
from .models.deliveries import as_transcript

RINGS_FOR = timedelta(seconds=30)
PAUSE = timedelta(seconds=4)  # keys without # are sent to the caller after this pause, as carriers do
SILENCE = timedelta(seconds=90)  # nobody presses anything: the caller hangs up
KEYS = frozenset("0123456789*#")

_REPEATED_AFTER = timedelta(milliseconds=200)
_REORDERED_BY = {Channel.CALL: timedelta(seconds=2)}
_REORDERED_BY_DEFAULT = timedelta(milliseconds=50)
_RANKS = {DeliveryState.ACCEPTED: 0, DeliveryState.RINGING: 0, DeliveryState.SENT: 1, DeliveryState.ANSWERED: 1}
_LAST_RANK = 2

_CALLS_END = {
    FailureReason.BUSY: DeliveryState.BUSY,
    FailureReason.NO_ANSWER: DeliveryState.NO_ANSWER,
    FailureReason.VOICEMAIL: DeliveryState.VOICEMAIL,
    FailureReason.HUNG_UP: DeliveryState.HUNG_UP,
}
_REASONS_OF_END = {state: reason for reason, state in _CALLS_END.items()}
_KNOWN_ONLY_LATER = {
    FailureReason.UNREACHABLE,
    FailureReason.LANDLINE,
    FailureReason.BLOCKED,
    FailureReason.FILTERED,
    FailureReason.TOO_OLD,
    FailureReason.UNKNOWN,
}


class ScheduledReceipt(NamedTuple):
    """One receipt that will be sent."""

    state: DeliveryState
    reason: str
    at: datetime


_TREATED = Select(lambda: Behaviour.objects.filter(number__in=("", BindParam("number"))).order_by("-number"))


def of_number(number: str) -> Behaviour:
    """Return how a number is treated: by its own row, by the row for all numbers, or without any problem."""
    return _TREATED.first(number=number) or Behaviour(number=number)


def apply(wanted: Behaviour) -> None:
    """Apply a behaviour from the next message on. Receipts that are no longer held back go out."""
    terms = {name: getattr(wanted, name) for name in Behaviour.TERMS}
    Behaviour.objects.update_or_create(number=wanted.number, defaults=terms)
    if not wanted.holds_receipts:
        held = PendingCallback.objects.filter(is_held=True)
        (held.filter(delivery__to=wanted.number) if wanted.number else held).update(is_held=False)


@transaction.atomic
def accept(message: Outgoing, *, treated: Behaviour, now: datetime) -> Delivery:
    """Accept a message: save it, decide what happens to it, and schedule its receipts.

    It never checks whether the message came before. A duplicate is a fault of the sender and must be visible.
    """
    arrives_at = now + timedelta(milliseconds=treated.delay_ms)
    reason = FailureReason.TOO_OLD.value if arrives_at > message.useful_until else treated.outcome
    state = _fate(message.kind, reason)
    delivery = Delivery.objects.create(
        message_id=message.id,
        reference=f"VP{secrets.token_hex(16)}",
        kind=message.kind,
        to=message.to,
        extension=message.extension,
        subject=message.subject,
        words=message.words,
        language=message.language,
        request_reference=message.request_reference,
        receipt_url=message.receipt_url,
        keys_url=message.keys_url,
        received_at=now,
        arrives_at=arrives_at,
        useful_until=message.useful_until,
        state=state,
        reason=reason,
        waits_until=arrives_at + RINGS_FOR if state == DeliveryState.RINGING else None,
    )
    _schedule_receipts(delivery, _course(delivery, now), treated)
    return delivery


def answer(delivery_id: int, *, now: datetime) -> bool:
    """Answer a ringing call and hear its first words. A call that the phone was already in ends."""
    if not _move(delivery_id, DeliveryState.RINGING, DeliveryState.ANSWERED, now=now):
        return False
    number = Delivery.objects.values_list("to", flat=True).get(pk=delivery_id)
    others = Delivery.objects.filter(to=number, state=DeliveryState.ANSWERED).exclude(pk=delivery_id)
    for other_id in others.values_list("pk", flat=True):
        hang_up(other_id, now=now)
    return True


def decline(delivery_id: int, *, now: datetime) -> bool:
    """Decline a ringing call. The caller gets the busy tone."""
    return _move(delivery_id, DeliveryState.RINGING, DeliveryState.BUSY, now=now)


def hang_up(delivery_id: int, *, now: datetime) -> bool:
    """End an answered call from the phone."""
    return _move(delivery_id, DeliveryState.ANSWERED, DeliveryState.HUNG_UP, now=now)


def dismiss(delivery_id: int, *, now: datetime) -> bool:
    """Remove an ended call from the screen. It stays in the list of calls."""
    ended = Delivery.objects.filter(pk=delivery_id, ended_at__lte=now)
    return bool(ended.update(is_on_screen=False))


@transaction.atomic
def press(delivery_id: int, *, keys: str, now: datetime) -> bool:
    """Press keys in a call. They are sent to the caller after a # or a pause."""
    delivery = Delivery.objects.select_for_update().filter(pk=delivery_id, state=DeliveryState.ANSWERED).first()
    if delivery is None or not set(keys) <= KEYS:
        return False
    for key in keys:
        delivery.collected = (delivery.collected + key)[-32:]
        if key == "#":
            _schedule_keys(delivery, now)
    delivery.waits_until = now + (PAUSE if delivery.collected else SILENCE)
    delivery.save(update_fields=["collected", "transcript", "awaits_reply", "waits_until"])
    return True


@transaction.atomic
def say(delivery_id: int, words: str, *, more: bool, now: datetime) -> None:
    """Let the caller speak. It hangs up if nothing more follows."""
    delivery = Delivery.objects.select_for_update().filter(pk=delivery_id, state=DeliveryState.ANSWERED).first()
    if delivery is None:
        return
    if words:
        delivery.transcript = _with(delivery, "caller", words, now)
    delivery.awaits_reply = False
    delivery.waits_until = now + (PAUSE if delivery.collected else SILENCE)
    delivery.save(update_fields=["transcript", "awaits_reply", "waits_until"])
    if not more:
        _move(delivery_id, DeliveryState.ANSWERED, DeliveryState.COMPLETED, now=now)


_OVERDUE = Select(lambda: Delivery.objects.filter(waits_until__lte=BindParam("now")))  # asked ten times a second


def advance(now: datetime) -> None:
    """Do what is due by time: end calls that ring too long, send keys after a pause, end silent calls."""
    for delivery in _OVERDUE.all(now=now):
        if delivery.state == DeliveryState.RINGING:
            _move(delivery.pk, DeliveryState.RINGING, DeliveryState.NO_ANSWER, now=now)
        elif delivery.collected:
            _pause(delivery.pk, now)
        else:
            _move(delivery.pk, DeliveryState.ANSWERED, DeliveryState.COMPLETED, now=now)


@transaction.atomic
def _pause(delivery_id: int, now: datetime) -> None:
    delivery = Delivery.objects.select_for_update().get(pk=delivery_id)
    if delivery.state != DeliveryState.ANSWERED or not delivery.collected:
        return
    _schedule_keys(delivery, now)
    delivery.waits_until = now + SILENCE
    delivery.save(update_fields=["collected", "transcript", "awaits_reply", "waits_until"])


@transaction.atomic
def _move(delivery_id: int, before: DeliveryState, after: DeliveryState, *, now: datetime) -> bool:
    """Change a call's state with a guarded update: if a person and the clock do it at once, one succeeds."""
    calls = Delivery.objects.filter(pk=delivery_id, kind=Channel.CALL, state=before, arrives_at__lte=now)
    delivery = calls.first()
    if delivery is None:
        return False
    reason = _REASONS_OF_END.get(after, "")
    if after == DeliveryState.ANSWERED:
        changes = {
            "transcript": _with(delivery, "caller", delivery.words, now),
            "waits_until": now + SILENCE,
            "is_on_screen": True,
        }
    else:
        stays = after == DeliveryState.COMPLETED
        changes = {
            "waits_until": None,
            "ended_at": now,
            "reason": reason,
            "collected": "",
            "is_on_screen": stays,
        }
    if not calls.update(state=after, **changes):
        return False
    _schedule_receipts(delivery, [ScheduledReceipt(after, reason, now)], of_number(delivery.to))
    return True


def _fate(kind: str, reason: str) -> DeliveryState:
    if kind == Channel.CALL:
        return _CALLS_END.get(FailureReason(reason), DeliveryState.FAILED) if reason else DeliveryState.RINGING
    if not reason:
        return DeliveryState.DELIVERED
    return DeliveryState.UNDELIVERED if FailureReason(reason) in _KNOWN_ONLY_LATER else DeliveryState.FAILED


def _course(delivery: Delivery, now: datetime) -> list[ScheduledReceipt]:
    end = ScheduledReceipt(DeliveryState(delivery.state), delivery.reason, delivery.arrives_at)
    if delivery.kind != Channel.CALL:
        return [ScheduledReceipt(DeliveryState.ACCEPTED, "", now), ScheduledReceipt(DeliveryState.SENT, "", now), end]
    if delivery.state in (DeliveryState.NO_ANSWER, DeliveryState.VOICEMAIL):
        return [ScheduledReceipt(DeliveryState.RINGING, "", delivery.arrives_at), end]
    return [end]


def _schedule_receipts(delivery: Delivery, steps: Iterable[ScheduledReceipt], treated: Behaviour) -> None:
    """Schedule receipts, with the delays, repetitions and order that the behaviour sets."""
    if not delivery.receipt_url:
        return
    PendingCallback.objects.bulk_create(
        PendingCallback(
            delivery=delivery,
            event="receipt",
            address=delivery.receipt_url,
            body=_receipt(delivery, step),
            due_at=_due(delivery, step, treated) + copy * _REPEATED_AFTER,
            is_held=treated.holds_receipts,
        )
        for step in steps
        for copy in range(1 + treated.n_repeats)
    )


def _receipt(delivery: Delivery, step: ScheduledReceipt) -> str:
    return json.dumps(
        {
            "event": "receipt",
            "message": delivery.message_id,
            "reference": delivery.reference,
            "state": step.state,
            "reason": step.reason,
        }
    )


def _due(delivery: Delivery, step: ScheduledReceipt, treated: Behaviour) -> datetime:
    if not treated.reorders_receipts:
        return step.at
    n_later = _LAST_RANK - _RANKS.get(step.state, _LAST_RANK)
    late = _REORDERED_BY.get(Channel(delivery.kind), _REORDERED_BY_DEFAULT) * n_later
    return max(step.at, delivery.arrives_at) + late


def _schedule_keys(delivery: Delivery, now: datetime) -> None:
    body = {
        "event": "keys",
        "message": delivery.message_id,
        "reference": delivery.reference,
        "keys": delivery.collected,
    }
    PendingCallback.objects.create(
        delivery=delivery, event="keys", address=delivery.keys_url, body=json.dumps(body), due_at=now
    )
    delivery.transcript = _with(delivery, "person", delivery.collected, now)
    delivery.collected = ""
    delivery.awaits_reply = True


def _with(delivery: Delivery, voice: str, words: str, now: datetime) -> list[dict[str, str]]:
    return as_transcript([*delivery.captions, Caption(voice, words, now.isoformat())])

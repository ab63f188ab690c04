"""Failover after a receipt: a message that its provider accepted but couldn't deliver goes to the next one."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from verification.delivery import dispatch, failover, worker_wake_ups
from verification.delivery.provider_interface import Receipt
from verification.delivery.routing import availability_during_outages, cache, circuit_breaker
from verification.models import Attempt, AttemptResult, Channel, FailureReason, Message, MessageState


def queue_again(receipt: Receipt, rows: QuerySet[Message], *, provider: str, now: datetime) -> bool:
    """Queue a message again for a provider that has not tried it yet, if it is still useful.

    `rows` finds the message, if the receipt may move it. Return whether it was queued.
    Not while it is being sent, or two providers would have it at the same time. The former provider is removed from the
    row, so that its later receipts don't move it.
    """
    rows = rows.exclude(state=MessageState.SENDING)
    message = rows.filter(dispatch.wanted(now)).first()
    if message is None or not _others(message, provider, receipt.reason, now):
        return False
    with transaction.atomic():
        if not rows.filter(pk=message.pk, claims=message.claims).update(
            state=MessageState.QUEUED,
            provider="",
            reference="",
            reason="",
            code="",
            not_before=now,
            lease_until=None,
            handed_at=None,
        ):
            return False
        Attempt.objects.create(
            message=message,
            provider=provider,
            result=AttemptResult.RETURNED,
            reason=receipt.reason or "",
            code=receipt.code,
            reference=receipt.reference or message.reference,
            at=now,
        )
        if circuit_breaker.counts(provider, receipt.reason or "", receipt.code):
            _count(message, provider, receipt, now)
        transaction.on_commit(lambda: worker_wake_ups.wake_worker(message.pk, Channel(message.kind)))
    return True


def _others(message: Message, provider: str, reason: FailureReason | None, now: datetime) -> bool:
    """Return whether another provider could do better now. A call that ended for no known reason isn't repeated."""
    if (message.kind == Channel.CALL and reason == FailureReason.UNKNOWN) or not message.opens:
        return False
    former = {provider, *failover.returned(message)}
    hops = availability_during_outages.hops(Channel(message.kind), now, message.address)
    return any(hop.provider.name not in former for hop in hops)


def _count(message: Message, provider: str, receipt: Receipt, now: datetime) -> None:
    kind, why = Channel(message.kind), str(receipt.reason)
    circuit = cache.read().circuit(provider, kind)
    circuit_breaker.failed(circuit, provider=provider, kind=kind, why=why, code=receipt.code, now=now)

"""Applies delivery receipts: moves messages forward by what providers report, in any order and any number of times."""

import logging
import re
from datetime import datetime

from django.db.models import QuerySet

from verification.db.compiled_queries import BindParam, Select
from verification.delivery.inbound import failover_after_receipts
from verification.delivery.provider_interface import Forged, ParsedCallback, Receipt
from verification.delivery.routing import circuit_breaker, routes
from verification.limits import opt_outs
from verification.models import AttemptResult, Channel, FailureReason, Message, MessageState
from verification.models.messages import FINAL, MOVING, RANK

_log = logging.getLogger(__name__)
_REFERENCE = re.compile(r"[!-~]{1,64}")
# States in which our own record of sending may be missing.
_UNNOTED = (MessageState.SENDING, MessageState.UNKNOWN, MessageState.LOST)
_BAD = (MessageState.UNDELIVERED, MessageState.FAILED)
_MESSAGE = Select(lambda: Message.objects.filter(handle=BindParam("handle")))


def bind(parsed: ParsedCallback, message_id: str, *, provider: str) -> None:
    """Check that a callback's reference is the one that the provider had for this message, now or in an earlier try.

    Until our own record of sending is saved, the first reference that comes is accepted. Errors: `Forged` if the
    callback is about another message, or its reference is invalid.
    """
    reference = parsed.reference
    names = [reference, *(each.reference for each in parsed.receipts), *(each.reference for each in parsed.replies)]
    if not all(_REFERENCE.fullmatch(name) for name in names if name):
        raise Forged("it names a message in a way that no provider does")
    message = _MESSAGE.first(handle=message_id) if reference else None
    if message is None:
        return
    is_unnoted = not message.reference and message.state in _UNNOTED
    if message.provider == provider and (message.reference == reference or is_unnoted):
        return
    former = message.attempts.filter(result=AttemptResult.RETURNED, provider=provider, reference=reference)
    if not former.exists():
        raise Forged("it is about another message")


def apply(receipt: Receipt, *, provider: str, now: datetime) -> bool:
    """Move a message to a later state. Return False if it is there already, or belongs to another provider.

    A message that didn't arrive because of the provider goes to the next provider with the same code.
    """
    if receipt.state in _BAD:
        _log_why(receipt, provider)
    is_bad = receipt.state in _BAD and receipt.reason in circuit_breaker.ELSEWHERE
    rows = _open(receipt, provider)
    if is_bad and failover_after_receipts.queue_again(receipt, rows, provider=provider, now=now):
        return True
    changed = rows.update(
        state=receipt.state,
        reason=receipt.reason or "",
        code=receipt.code,
        lease_until=None,
        **({} if receipt.state in MOVING else {"not_before": None}),
        **({"ended_at": now} if receipt.state in FINAL else {}),
        **({"reference": receipt.reference} if receipt.reference else {}),
    )
    if changed and receipt.state in _BAD and receipt.reason == FailureReason.OPTED_OUT:
        _stop(receipt, provider, now)
    return bool(changed)


def _log_why(receipt: Receipt, provider: str) -> None:
    pk = Message.objects.filter(handle=receipt.message_id).values_list("pk", flat=True).first()
    said = (pk or "?", provider, receipt.state, receipt.reason, routes.explained(provider, receipt.code))
    _log.warning("Receipt for m%s by %s: %s %s%s", *said)


def _stop(receipt: Receipt, provider: str, now: datetime) -> None:
    message = Message.objects.filter(handle=receipt.message_id, provider=provider, kind=Channel.TEXT).first()
    if message is not None and message.opens:
        opt_outs.stop(message.address, provider=provider, now=now)


def _open(receipt: Receipt, provider: str) -> QuerySet[Message]:
    lower = [state for state, rank in RANK.items() if rank < RANK[receipt.state]]
    return Message.objects.filter(handle=receipt.message_id, provider=provider, state__in=lower)

"""Moves messages forward by what providers tell later, in whatever order and however often they tell it."""

from datetime import datetime

from verification.delivery.provider import Receipt
from verification.models import Message
from verification.models.messages import FINAL, RANK


def apply(receipt: Receipt, *, provider: str, now: datetime) -> bool:
    """Move one message to a later state; False if it is there already, or is not of this provider."""
    lower = [state for state, rank in RANK.items() if rank < RANK[receipt.state]]
    rows = Message.objects.filter(handle=receipt.message_id, provider=provider, state__in=lower)
    changed = rows.update(
        state=receipt.state,
        reason=receipt.reason or "",
        lease_until=None,
        **({"ended_at": now} if receipt.state in FINAL else {}),
        **({"reference": receipt.reference} if receipt.reference else {}),
    )
    return bool(changed)

"""Messages that didn't arrive: the newest of them, and sending a notice again."""

from datetime import datetime

from django.db import transaction

from verification import audit
from verification.audit import verification_audit_events
from verification.context import Context
from verification.delivery import worker_wake_ups
from verification.models import Channel, Message, MessageState
from verification.models.messages import DEAD


def dead(*, most: int = 50) -> list[Message]:
    """Return the newest messages that didn't arrive."""
    rows = Message.objects.filter(state__in=DEAD).select_related("user", "challenge").prefetch_related("attempts")
    return list(rows.order_by("-pk")[:most])


def may_go_again(message: Message, now: datetime) -> bool:
    """Return whether a message can be sent again: only notices can. People request new codes themselves."""
    return message.challenge is None and message.state in DEAD and message.useful_until > now


def send_again(message: Message, context: Context, *, actor_id: int, reason: str) -> bool:
    """Queue a failed notice again, once. Return False if that isn't useful or was done before."""
    now = context.now
    if not may_go_again(message, now):
        return False
    # Clear what the first attempt left, or receipts of the new one would be refused as those of another message.
    former = {"provider": "", "reference": "", "lease_until": None, "handed_at": None, "ended_at": None}
    again = {"state": MessageState.QUEUED, "claims": 0, "not_before": now, "reason": "", "code": "", **former}
    with transaction.atomic():
        changed = Message.objects.filter(pk=message.pk, state=message.state, challenge=None).update(**again)
        if changed:
            about = {"message": message.handle, "kind_of_message": message.kind, "reason": reason}
            audit.record(
                verification_audit_events.MESSAGE_SENT_AGAIN,
                user_id=message.user_id,
                context=context,
                actor_id=actor_id,
                **about,
            )
            transaction.on_commit(lambda: worker_wake_ups.wake_worker(message.pk, Channel(message.kind)))
    return bool(changed)

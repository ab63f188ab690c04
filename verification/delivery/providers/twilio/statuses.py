"""Twilio's statuses of texts and calls, mapped to ours. Source: Twilio's API of 2010-04-01."""

from verification.models.messages import FailureReason, MessageState

TEXT_STATES: dict[str, MessageState] = {
    "accepted": MessageState.ACCEPTED,
    "scheduled": MessageState.ACCEPTED,
    "queued": MessageState.ACCEPTED,
    "sending": MessageState.ACCEPTED,
    "sent": MessageState.SENT,
    "delivered": MessageState.DELIVERED,
    "read": MessageState.DELIVERED,
    "undelivered": MessageState.UNDELIVERED,
    "failed": MessageState.FAILED,
    "canceled": MessageState.FAILED,
}

CALL_STATES: dict[str, tuple[MessageState, FailureReason | None]] = {
    "queued": (MessageState.ACCEPTED, None),
    "initiated": (MessageState.ACCEPTED, None),
    "ringing": (MessageState.RINGING, None),
    "in-progress": (MessageState.ANSWERED, None),
    "completed": (MessageState.DELIVERED, None),
    "busy": (MessageState.UNDELIVERED, FailureReason.BUSY),
    "no-answer": (MessageState.UNDELIVERED, FailureReason.NO_ANSWER),
    "failed": (MessageState.FAILED, FailureReason.UNREACHABLE),
    "canceled": (MessageState.FAILED, FailureReason.UNKNOWN),
}

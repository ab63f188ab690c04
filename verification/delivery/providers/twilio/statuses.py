"""Twilio's statuses of texts and calls, mapped to ours. Source: Twilio's API of 2010-04-01."""

from verification.models.messages import MessageState, Reason

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

CALL_STATES: dict[str, tuple[MessageState, Reason | None]] = {
    "queued": (MessageState.ACCEPTED, None),
    "initiated": (MessageState.ACCEPTED, None),
    "ringing": (MessageState.RINGING, None),
    "in-progress": (MessageState.ANSWERED, None),
    "completed": (MessageState.DELIVERED, None),
    "busy": (MessageState.UNDELIVERED, Reason.BUSY),
    "no-answer": (MessageState.UNDELIVERED, Reason.NO_ANSWER),
    "failed": (MessageState.FAILED, Reason.UNREACHABLE),
    "canceled": (MessageState.FAILED, Reason.UNKNOWN),
}

"""Vonage's statuses of texts and calls, mapped to ours. Source: developer.vonage.com."""

from verification.models.messages import MessageState, Reason

TEXT_STATES: dict[str, MessageState] = {
    "submitted": MessageState.SENT,
    "delivered": MessageState.DELIVERED,
    "read": MessageState.DELIVERED,
    "undeliverable": MessageState.UNDELIVERED,
    "rejected": MessageState.FAILED,
}

CALL_STATES: dict[str, tuple[MessageState, Reason | None]] = {
    "started": (MessageState.ACCEPTED, None),
    "ringing": (MessageState.RINGING, None),
    "answered": (MessageState.ANSWERED, None),
    "human": (MessageState.ANSWERED, None),
    "completed": (MessageState.DELIVERED, None),
    "machine": (MessageState.UNDELIVERED, Reason.VOICEMAIL),
    "busy": (MessageState.UNDELIVERED, Reason.BUSY),
    "timeout": (MessageState.UNDELIVERED, Reason.NO_ANSWER),
    "unanswered": (MessageState.UNDELIVERED, Reason.NO_ANSWER),
    "rejected": (MessageState.UNDELIVERED, Reason.BLOCKED),
    "failed": (MessageState.FAILED, Reason.UNREACHABLE),
    "cancelled": (MessageState.FAILED, Reason.UNKNOWN),
}

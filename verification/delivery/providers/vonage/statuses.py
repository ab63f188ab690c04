"""Vonage's statuses of texts and calls, mapped to ours. Source: developer.vonage.com."""

from verification.models.messages import FailureReason, MessageState

TEXT_STATES: dict[str, MessageState] = {
    "submitted": MessageState.SENT,
    "delivered": MessageState.DELIVERED,
    "read": MessageState.DELIVERED,
    "undeliverable": MessageState.UNDELIVERED,
    "rejected": MessageState.FAILED,
}

CALL_STATES: dict[str, tuple[MessageState, FailureReason | None]] = {
    "started": (MessageState.ACCEPTED, None),
    "ringing": (MessageState.RINGING, None),
    "answered": (MessageState.ANSWERED, None),
    "human": (MessageState.ANSWERED, None),
    "completed": (MessageState.DELIVERED, None),
    "machine": (MessageState.UNDELIVERED, FailureReason.VOICEMAIL),
    "busy": (MessageState.UNDELIVERED, FailureReason.BUSY),
    "timeout": (MessageState.UNDELIVERED, FailureReason.NO_ANSWER),
    "unanswered": (MessageState.UNDELIVERED, FailureReason.NO_ANSWER),
    "rejected": (MessageState.UNDELIVERED, FailureReason.BLOCKED),
    "failed": (MessageState.FAILED, FailureReason.UNREACHABLE),
    "cancelled": (MessageState.FAILED, FailureReason.UNKNOWN),
}

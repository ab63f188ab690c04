"""What Vonage's errors and states mean in our words. Source: developer.vonage.com/api-errors/messages."""

from verification.models.messages import MessageState, Reason

# Numbers of errors, in refusals and in receipts.
ERRORS: dict[int, Reason] = {
    1000: Reason.RATE_LIMITED,
    1010: Reason.PROVIDER_DOWN,  # a parameter of ours is missing
    1020: Reason.PROVIDER_DOWN,
    1021: Reason.INVALID_NUMBER,  # "to" is none
    1030: Reason.PROVIDER_DOWN,
    1040: Reason.INVALID_NUMBER,
    1050: Reason.BLOCKED,
    1060: Reason.PROVIDER_DOWN,  # the account is barred
    1070: Reason.PROVIDER_DOWN,  # its credit is spent
    1080: Reason.PROVIDER_DOWN,
    1120: Reason.PROVIDER_DOWN,  # the sender is not ours
    1170: Reason.INVALID_NUMBER,
    1180: Reason.UNREACHABLE,
    1190: Reason.INVALID_NUMBER,
    1200: Reason.UNREACHABLE,  # between two carriers
    1210: Reason.FILTERED,
    1220: Reason.UNREACHABLE,
    1230: Reason.UNREACHABLE,
    1240: Reason.OPTED_OUT,
    1241: Reason.RATE_LIMITED,
    1250: Reason.UNREACHABLE,
    1260: Reason.UNREACHABLE,
    1280: Reason.BLOCKED,
    1320: Reason.UNREACHABLE,
    1330: Reason.UNKNOWN,
    1360: Reason.TOO_OLD,
}
# Refusals that no other provider would turn.
FOR_GOOD = frozenset({Reason.INVALID_NUMBER, Reason.OPTED_OUT})

# Refusals by HTTP status, where no number is given: our credentials, our credit, or an address that is not theirs.
OURS = frozenset({401, 402, 403, 404, 405})

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

# What a call that did not come about says of why.
DETAILS: dict[str, Reason] = {
    "cannot_route": Reason.INVALID_NUMBER,
    "number_out_of_service": Reason.INVALID_NUMBER,
    "unavailable": Reason.UNREACHABLE,
    "restricted": Reason.COUNTRY_CLOSED,
    "declined": Reason.BLOCKED,
    "internal_error": Reason.PROVIDER_DOWN,
    "carrier_timeout": Reason.PROVIDER_DOWN,
}

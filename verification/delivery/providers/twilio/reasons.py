"""What Twilio's error numbers and call states mean in our words. Source: twilio.com/docs/api/errors."""

from verification.models.messages import MessageState, Reason

# Refusals of a request: our reason, and whether no other provider could do better.
REFUSALS: dict[int, tuple[Reason, bool]] = {
    20003: (Reason.PROVIDER_DOWN, False),  # our credentials are wrong
    21211: (Reason.INVALID_NUMBER, True),
    21214: (Reason.INVALID_NUMBER, True),
    21217: (Reason.INVALID_NUMBER, True),
    21215: (Reason.COUNTRY_CLOSED, False),  # calls to this country are not permitted for the account
    21216: (Reason.COUNTRY_CLOSED, False),
    21408: (Reason.COUNTRY_CLOSED, False),  # texts to it are not
    21606: (Reason.PROVIDER_DOWN, False),  # the sender cannot do this
    21610: (Reason.OPTED_OUT, True),
    21611: (Reason.RATE_LIMITED, False),  # the sender's queue is full
    21612: (Reason.UNREACHABLE, False),  # no route from this sender
    21614: (Reason.LANDLINE, True),
    21635: (Reason.LANDLINE, True),
    21704: (Reason.PROVIDER_DOWN, False),  # the messaging service has no sender
    63038: (Reason.RATE_LIMITED, False),  # the account's daily limit
}

# Errors in receipts.
FAILURES: dict[int, Reason] = {
    13224: Reason.INVALID_NUMBER,
    13225: Reason.COUNTRY_CLOSED,
    13227: Reason.COUNTRY_CLOSED,
    21610: Reason.OPTED_OUT,
    21614: Reason.LANDLINE,
    30001: Reason.RATE_LIMITED,
    30002: Reason.PROVIDER_DOWN,
    30003: Reason.UNREACHABLE,
    30004: Reason.BLOCKED,
    30005: Reason.INVALID_NUMBER,
    30006: Reason.LANDLINE,
    30007: Reason.FILTERED,
    30008: Reason.UNKNOWN,
    30010: Reason.PROVIDER_DOWN,
    30022: Reason.RATE_LIMITED,
    30023: Reason.RATE_LIMITED,
    30027: Reason.RATE_LIMITED,
    30032: Reason.FILTERED,
    30034: Reason.FILTERED,
    30036: Reason.TOO_OLD,
    30410: Reason.PROVIDER_DOWN,
    30450: Reason.BLOCKED,
    30453: Reason.FILTERED,
    30454: Reason.RATE_LIMITED,
}

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

# The telephone network's own answers to a call that failed. Source: RFC 3261, 21.
SIP: dict[str, Reason] = {
    "404": Reason.INVALID_NUMBER,
    "410": Reason.INVALID_NUMBER,
    "484": Reason.INVALID_NUMBER,
    "604": Reason.INVALID_NUMBER,
    "403": Reason.BLOCKED,
    "603": Reason.BLOCKED,
    "503": Reason.PROVIDER_DOWN,
}

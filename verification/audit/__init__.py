"""The audit log: what happened, to whom, and who did it. Events are written once and sealed in a chain."""

from verification.audit import events, triggers
from verification.audit.chain import ChainFault, Problem
from verification.audit.declarations import (
    Details,
    Event,
    EventDeclaredTwice,
    Notice,
    Severity,
    UserEvent,
    declare,
    declared,
    detail,
    find,
    user_events,
)
from verification.audit.log import (
    PERSONAL,
    EventToRecord,
    between,
    erase_words,
    is_intact,
    newest,
    of_person,
    record,
    record_many,
    since,
    size,
)
from verification.audit.removal import Removed, remove
from verification.audit.sealing import seal
from verification.audit.verifying import verify, verify_newest

__all__ = [
    "PERSONAL",
    "ChainFault",
    "Details",
    "Event",
    "EventDeclaredTwice",
    "EventToRecord",
    "Notice",
    "Problem",
    "Removed",
    "Severity",
    "UserEvent",
    "between",
    "declare",
    "declared",
    "detail",
    "erase_words",
    "events",
    "find",
    "is_intact",
    "newest",
    "of_person",
    "record",
    "record_many",
    "remove",
    "seal",
    "since",
    "size",
    "triggers",
    "user_events",
    "verify",
    "verify_newest",
]

"""The audit log: what happened, to which user and by which, written once and sealed in a chain."""

from verification.audit.chain import Fault
from verification.audit.declarations import Event, UserEvent, declare, declared, user_events
from verification.audit.log import (
    PERSONAL,
    Entry,
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
    "Entry",
    "Event",
    "Fault",
    "Removed",
    "UserEvent",
    "between",
    "declare",
    "declared",
    "erase_words",
    "is_intact",
    "newest",
    "of_person",
    "record",
    "record_many",
    "remove",
    "seal",
    "since",
    "size",
    "user_events",
    "verify",
    "verify_newest",
]

"""The audit log: what happened to whom, by whom, written once and sealed in a chain."""

from verification.audit.chain import Fault, seal, verify
from verification.audit.declarations import Event, UserEvent, declare, declared, user_events
from verification.audit.log import PERSONAL, erase_words, is_intact, newest, of_person, record, since, size

__all__ = [
    "PERSONAL",
    "Event",
    "Fault",
    "UserEvent",
    "declare",
    "declared",
    "erase_words",
    "is_intact",
    "newest",
    "of_person",
    "record",
    "seal",
    "since",
    "size",
    "user_events",
    "verify",
]

"""The audit log: what happened, to whom, and who did it. Events are written once and sealed in a chain."""

from verification.audit import triggers, verification_audit_events
from verification.audit.declaring_events import (
    Details,
    Event,
    EventDeclaredTwice,
    Severity,
    declare,
    declared,
    detail,
    find,
)
from verification.audit.digests import is_intact
from verification.audit.events_shown_to_people import Notice, UserEvent, find_user_event, user_events
from verification.audit.personal_words import PERSONAL, erase_words
from verification.audit.reading import between, newest, of_person, since, size
from verification.audit.recording import EventToRecord, record, record_many
from verification.audit.removing_old_audit_months import Removed, remove
from verification.audit.sealing import seal
from verification.audit.verifying import ChainFault, Problem, verify, verify_newest

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
    "find",
    "find_user_event",
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
    "verification_audit_events",
    "verify",
    "verify_newest",
]

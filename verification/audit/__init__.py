"""The audit log: what happened to whom, by whom, written once and sealed in a chain."""

from verification.audit.chain import Fault, seal, verify
from verification.audit.log import ERASED, PERSONAL, erase_words, newest, of_person, record, since, size

__all__ = [
    "ERASED",
    "PERSONAL",
    "Fault",
    "erase_words",
    "newest",
    "of_person",
    "record",
    "seal",
    "since",
    "size",
    "verify",
]

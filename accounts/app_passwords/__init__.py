"""App passwords: separate secrets for older apps that can only send a username and a password."""

from accounts.app_passwords.checking import Answer, Checked, check
from accounts.app_passwords.failures import stale_of
from accounts.app_passwords.managing import (
    MAX_PER_PERSON,
    Full,
    Off,
    clear,
    end_with,
    issue,
    may_make,
    of_person,
    revoke,
)
from accounts.app_passwords.services import CheckRequest, new_service_key, replace_service_key, service_of

__all__ = [
    "MAX_PER_PERSON",
    "Answer",
    "CheckRequest",
    "Checked",
    "Full",
    "Off",
    "check",
    "clear",
    "end_with",
    "issue",
    "may_make",
    "new_service_key",
    "of_person",
    "replace_service_key",
    "revoke",
    "service_of",
    "stale_of",
]

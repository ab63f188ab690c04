"""App passwords: separate secrets for older apps that can only send a username and a password."""

from accounts.app_passwords import audit_events, listing, programs
from accounts.app_passwords.checking import CheckedAppPassword, CheckResult, check
from accounts.app_passwords.failures import stale_of
from accounts.app_passwords.generating import looks_like_app_password
from accounts.app_passwords.listing import AppPasswordSearch, Order
from accounts.app_passwords.managing import (
    MAX_PER_PERSON,
    AppPasswordsOff,
    TooManyAppPasswords,
    clear,
    end_with,
    issue,
    may_make,
    of_person,
    revoke,
)
from accounts.app_passwords.programs import Program
from accounts.app_passwords.services import CheckRequest, new_service_key, replace_service_key, service_of

__all__ = [
    "MAX_PER_PERSON",
    "AppPasswordSearch",
    "AppPasswordsOff",
    "CheckRequest",
    "CheckResult",
    "CheckedAppPassword",
    "Order",
    "Program",
    "TooManyAppPasswords",
    "audit_events",
    "check",
    "clear",
    "end_with",
    "issue",
    "listing",
    "looks_like_app_password",
    "may_make",
    "new_service_key",
    "of_person",
    "programs",
    "replace_service_key",
    "revoke",
    "service_of",
    "stale_of",
]

"""App passwords: separate secrets for older apps that can only send a username and a password."""

from accounts.app_passwords import audit_events, kinds_of_apps, limits, search_sort_and_unused
from accounts.app_passwords.check_request import CheckRequest
from accounts.app_passwords.checking import CheckedAppPassword, CheckResult, check
from accounts.app_passwords.failing_apps import stale_of
from accounts.app_passwords.generating import looks_like_app_password
from accounts.app_passwords.issuing_and_revoking import (
    AppPasswordsOff,
    TooManyAppPasswords,
    clear,
    end_with,
    issue,
    may_make,
    of_person,
    revoke,
)
from accounts.app_passwords.kinds_of_apps import Program
from accounts.app_passwords.limits import MAX_PER_PERSON
from accounts.app_passwords.search_sort_and_unused import AppPasswordSearch, Order
from accounts.app_passwords.service_keys import new_service_key, replace_service_key, service_of

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
    "kinds_of_apps",
    "limits",
    "looks_like_app_password",
    "may_make",
    "new_service_key",
    "of_person",
    "replace_service_key",
    "revoke",
    "search_sort_and_unused",
    "service_of",
    "stale_of",
]

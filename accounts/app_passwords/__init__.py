"""App passwords: separate secrets for older apps that can only send a username and a password."""

from accounts.app_passwords import audit_events, listing, programs
from accounts.app_passwords.checking import Checked, CheckResult, check
from accounts.app_passwords.failures import stale_of
from accounts.app_passwords.listing import Order, Search
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
from accounts.app_passwords.programs import Program
from accounts.app_passwords.services import CheckRequest, new_service_key, replace_service_key, service_of

__all__ = [
    "MAX_PER_PERSON",
    "CheckRequest",
    "CheckResult",
    "Checked",
    "Full",
    "Off",
    "Order",
    "Program",
    "Search",
    "audit_events",
    "check",
    "clear",
    "end_with",
    "issue",
    "listing",
    "may_make",
    "new_service_key",
    "of_person",
    "programs",
    "replace_service_key",
    "revoke",
    "service_of",
    "stale_of",
]

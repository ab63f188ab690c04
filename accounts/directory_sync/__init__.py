"""Reads people and groups from LDAP directories, on a schedule or when someone starts it, and applies what changed.

A preview shows the changes first. If very many people or groups would go, the run stops until an administrator
confirms it.
"""

from accounts.directory_sync import audit_events
from accounts.directory_sync.sync_health import Figure, confirmed_at, figures, is_stale, of_directory
from accounts.directory_sync.sync_runs import CONFIRMATION_PERIOD, begin, cancel, confirm, forget, purge, schedule, work

__all__ = [
    "CONFIRMATION_PERIOD",
    "Figure",
    "audit_events",
    "begin",
    "cancel",
    "confirm",
    "confirmed_at",
    "figures",
    "forget",
    "is_stale",
    "of_directory",
    "purge",
    "schedule",
    "work",
]

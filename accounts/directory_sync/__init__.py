"""Reads people and groups from LDAP directories, on a schedule or when someone starts it, and applies what changed.

A preview shows the changes first. If very many people or groups would go, the run stops until an administrator
confirms it.
"""

from accounts.directory_sync import audit_events
from accounts.directory_sync.sync_health import SyncHealth, confirmed_at, health_of, health_of_all, is_stale
from accounts.directory_sync.sync_runs import CONFIRMATION_PERIOD, begin, cancel, confirm, forget, purge, schedule, work

__all__ = [
    "CONFIRMATION_PERIOD",
    "SyncHealth",
    "audit_events",
    "begin",
    "cancel",
    "confirm",
    "confirmed_at",
    "forget",
    "health_of",
    "health_of_all",
    "is_stale",
    "purge",
    "schedule",
    "work",
]

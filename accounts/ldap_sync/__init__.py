"""Reads people and groups from LDAP directories, on a schedule or when someone starts it, and applies what changed.

A preview shows the changes first. If very many people or groups would go, the run stops until an administrator
confirms it.
"""

from accounts.ldap_sync import audit_events
from accounts.ldap_sync.due_and_overdue_runs import is_stale
from accounts.ldap_sync.planned_changes import SHORTENED
from accounts.ldap_sync.retention_and_erasure import RUN_RETENTION, forget, purge
from accounts.ldap_sync.stopping_for_confirmation import CONFIRMATION_PERIOD, confirmed_at
from accounts.ldap_sync.sync_health import SyncHealth, health_of, health_of_all
from accounts.ldap_sync.sync_runs import begin, cancel, confirm, schedule, work

__all__ = [
    "CONFIRMATION_PERIOD",
    "RUN_RETENTION",
    "SHORTENED",
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

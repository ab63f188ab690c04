"""Keeps the database from growing forever: creates partitions of large tables, and removes what is old."""

from verification.retention.creating_next_months import make_months
from verification.retention.removing_old_messages_and_challenges import audit_kept_since, remove, remove_old

__all__ = ["audit_kept_since", "make_months", "remove", "remove_old"]

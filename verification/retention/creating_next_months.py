"""Creates the monthly partitions of the audit log and the messages in advance, on PostgreSQL."""

from collections.abc import Mapping
from datetime import datetime

from django.db import DEFAULT_DB_ALIAS, connections

from verification.audit import triggers
from verification.db import partitions
from verification.models import AuditEvent, Message

# How full the pages of a month may get. The rest is for updates, which events have none of.
_TABLES: Mapping[str, int] = {AuditEvent._meta.db_table: 100, Message._meta.db_table: 80}


def make_months(now: datetime, *, using: str = DEFAULT_DB_ALIAS) -> list[str]:
    """Create the partitions of this month and the next ones, with their triggers. Return the names of the new ones."""
    made = [
        name
        for table, fill_factor in _TABLES.items()
        for name in partitions.prepare(connections[using], table, now=now, fill_factor=fill_factor)
    ]
    if made:
        triggers.put(connections[using])
    return made

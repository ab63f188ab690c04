"""Keeps the database from growing for ever: makes the months of its large tables, and removes what is old.

On PostgreSQL a month of the audit log or of messages goes as a whole; elsewhere rows are deleted one by one.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.db.models import QuerySet

from verification import audit, conf
from verification.audit import events, triggers
from verification.context import Context
from verification.db import partitions, row_locks
from verification.db.partitions import Month
from verification.models import Attempt, AuditEvent, Challenge, Message

# How full the pages of a month may get. The rest is for updates, which events have none of.
_TABLES: Mapping[str, int] = {AuditEvent._meta.db_table: 100, Message._meta.db_table: 80}  # noqa: SLF001
_MESSAGES = Message._meta.db_table  # noqa: SLF001
_BATCH = 500


def make_months(now: datetime, *, using: str = DEFAULT_DB_ALIAS) -> list[str]:
    """Make the parts of this month and the next ones, with their triggers. Return the names of the new ones."""
    made = [
        name
        for table, fill_factor in _TABLES.items()
        for name in partitions.prepare(connections[using], table, now=now, fill_factor=fill_factor)
    ]
    if made:
        triggers.put(connections[using])
    return made


def remove_old(now: datetime) -> None:
    """Remove the audit events, messages and challenges that are older than the settings say."""
    audit.remove(Month.of(now).later(-conf.audit_retention_months()), now=now)
    _remove_messages(now)
    over = Challenge.objects.filter(expires_at__lt=now - timedelta(days=conf.challenge_retention_days()))
    remove(over.filter(messages=None))  # the others go after their messages


def _remove_messages(now: datetime) -> None:
    old = now - timedelta(days=conf.message_retention_days())
    if not partitions.is_parted(connection, _MESSAGES):
        remove(Message.objects.filter(created_at__lt=old))
        return
    month = Month.of(old)
    boundary = partitions.first_id(month.starts_at)
    rows = Message.objects.filter(id__lt=boundary)
    if not rows.exists():
        return
    context = Context(now=now)
    with transaction.atomic():
        n_rows = rows.count()
        partitions.drop(connection, _MESSAGES, before=boundary)
        audit.record(
            events.RECORDS_REMOVED, user_id=None, context=context, what="messages", before=str(month), n_rows=n_rows
        )
    remove(rows)  # those of months that had no part of their own
    Attempt.objects.filter(message_id__lt=boundary).delete()


def remove(rows: QuerySet[Any]) -> None:
    """Delete rows in batches, so that no lock is held for long. Each batch goes on where the last one ended."""
    last = 0
    while keys := list(rows.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:_BATCH]):
        last = keys[-1]
        with transaction.atomic():
            row_locks.in_order(rows.model.objects.filter(pk__in=keys)).delete()

"""Removes messages and challenges that are older than the settings say, and has old audit months removed.

On PostgreSQL a month of messages goes as a whole; elsewhere rows are deleted one by one. What happens to old months of
the audit log is in `verification.audit.removing_old_audit_months`.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from verification import audit, conf
from verification.audit import verification_audit_events
from verification.context import Context
from verification.db import partitions, row_locks
from verification.db.partitions import Month
from verification.models import Attempt, Challenge, Message

_MESSAGES = Message._meta.db_table

_BATCH = 500  # rows


def remove_old(now: datetime) -> None:
    """Remove the audit events, messages and challenges that are older than the settings say."""
    audit.remove(_first_audit_month(now), now=now)
    _remove_messages(now)
    over = Challenge.objects.filter(expires_at__lt=now - timedelta(days=conf.challenge_retention_days()))
    remove(over.filter(messages=None))  # the others go after their messages


def audit_kept_since(now: datetime) -> datetime:
    """Return the first instant of the months that the audit log keeps."""
    return _first_audit_month(now).starts_at


def _first_audit_month(now: datetime) -> Month:
    return Month.of(now).later(-conf.audit_retention_months())


def _remove_messages(now: datetime) -> None:
    old = now - timedelta(days=conf.message_retention_days())
    if not partitions.is_parted(connection, _MESSAGES):
        remove(Message.objects.filter(created_at__lt=old))
        return
    month = Month.of(old)
    oldest = Message.objects.filter(id__lt=partitions.first_id(month.starts_at)).order_by("id").first()
    for each in month.after_each_since(partitions.moment_of(oldest.pk)) if oldest else ():
        _remove_messages_before(each, now)


def _remove_messages_before(month: Month, now: datetime) -> None:
    boundary = partitions.first_id(month.starts_at)
    rows = Message.objects.filter(id__lt=boundary)
    if not rows.exists():
        return
    context = Context(now=now)
    with transaction.atomic():
        n_rows = rows.count()
        partitions.drop(connection, _MESSAGES, before=boundary)
        audit.record(
            verification_audit_events.RECORDS_REMOVED,
            user_id=None,
            context=context,
            what="messages",
            before=str(month),
            n_rows=n_rows,
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

"""Removes old months of audit events with their seals. A signed statement stays, so the rest of the chain verifies."""

import logging
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Max, QuerySet

from verification.audit import chain_start, verifying
from verification.audit.digests import digest_of_removal
from verification.audit.recording import record
from verification.audit.verification_audit_events import RECORDS_REMOVED
from verification.audit.verifying import ChainFault
from verification.context import Context
from verification.db import partitions
from verification.db.compiled_queries import BindParam, Delete
from verification.db.partitions import Month
from verification.keys import crypto
from verification.models import AuditEvent, AuditRemoval, AuditSeal

_log = logging.getLogger(__name__)
_TABLE = AuditEvent._meta.db_table
_SEALS_AT_ONCE = 50_000
_DELETE = Delete(lambda: AuditEvent.objects.filter(id__lt=BindParam("boundary")))
_DELETE_SEALS = Delete(lambda: AuditSeal.objects.filter(number__lte=BindParam("number")))


@dataclass(frozen=True)
class Removed:
    """What a removal did: how many events went, or the fault because of which all of them stayed."""

    n_events: int = 0
    fault: ChainFault | None = None


def remove(month: Month, *, now: datetime) -> Removed:
    """Remove the events that were written before a month. If any doesn't verify, all stay, because they are evidence.

    Each month has its own transaction and statement. Two at once do no harm: the statement's boundary is unique, so
    one of them yields.
    """
    boundary = _boundary(month)
    _remove_seals()
    oldest = AuditEvent.objects.filter(id__lt=boundary).order_by("id").first()
    if oldest is None:
        return Removed()
    if (fault := next(verifying.verify_before(boundary), None)) is not None:
        _log.error("Old events stay, because seal %s, event %s: %s", fault.seal or "none", fault.ref or "-", fault.text)
        return Removed(fault=fault)
    since = partitions.moment_of(oldest.pk) if partitions.is_parted(connection, _TABLE) else oldest.at
    n_events = sum(_remove_before(each, now) for each in month.after_each_since(since))
    _remove_seals()
    return Removed(n_events)


def _remove_before(month: Month, now: datetime) -> int:
    """Remove verified events, and return how many."""
    boundary = _boundary(month)
    n_events = AuditEvent.objects.filter(id__lt=boundary).count()
    if not n_events:
        return 0
    with transaction.atomic():
        if not _state(boundary, month, n_events, now):
            return 0
        partitions.drop(connection, _TABLE, before=boundary)
        _DELETE.run(boundary=boundary)
        context = Context(now=now)
        record(RECORDS_REMOVED, user_id=None, context=context, what="record", before=str(month), n_rows=n_events)
    return n_events


def _boundary(month: Month) -> int:
    """Return the lowest id that stays. Where ids are no times, an old event after a younger one stays as well."""
    if partitions.is_parted(connection, _TABLE):
        return partitions.first_id(month.starts_at)
    kept = AuditEvent.objects.filter(at__gte=month.starts_at).order_by("id").values_list("id", flat=True).first()
    newest = AuditEvent.objects.aggregate(newest=Max("id"))["newest"] or 0
    return int(kept if kept is not None else newest + 1)


def _state(boundary: int, month: Month, n_events: int, now: datetime) -> bool:
    """Write the signed statement, which lets the events go: the database refuses to delete others. Works once."""
    start = chain_start.start()
    last = AuditSeal.objects.filter(upto__lt=boundary).order_by("-number").first()
    former = AuditRemoval.objects.order_by("-boundary").first()
    made = AuditRemoval(
        boundary=boundary,
        ends_at=month.starts_at,
        n_events=n_events,
        last_seal=last.number if last else start.seal,
        last_digest=last.digest if last else start.digest,
        removed_at=now,
        previous=former.digest if former else "",
        key_id=crypto.digest_key(),
    )
    made.digest = digest_of_removal(made)
    values = {field: getattr(made, field) for field in _WRITTEN}
    _, is_made = AuditRemoval.objects.get_or_create(boundary=boundary, defaults=values)
    return is_made


_WRITTEN = ("ends_at", "n_events", "last_seal", "last_digest", "removed_at", "previous", "key_id", "digest")


def _remove_seals() -> None:
    """Delete the seals over removed events only. If it is interrupted, the next run does the rest."""
    last = chain_start.start().seal
    while numbers := list(_of_removed(last).values_list("number", flat=True)[:_SEALS_AT_ONCE]):
        _DELETE_SEALS.run(number=numbers[-1])


def _of_removed(last: int) -> QuerySet[AuditSeal]:
    return AuditSeal.objects.filter(number__lte=last).order_by("number")

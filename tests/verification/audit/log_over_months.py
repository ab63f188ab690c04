"""An audit log that was written over months, on any database."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import connection

from tests.verification.conftest import EngineUser
from verification import audit, retention
from verification.audit import triggers
from verification.db import partitions
from verification.db.partitions import Month
from verification.models import AuditEvent

EVENTS = AuditEvent._meta.db_table


@contextmanager
def without_triggers() -> Iterator[None]:
    """Let the audit log be changed, as anyone with full access to the database could."""
    triggers.lift(connection)
    try:
        yield
    finally:
        triggers.put(connection)


def past(engine_user: EngineUser, n: int) -> datetime:
    """Return a moment so many months ago."""
    return Month.of(engine_user.context.now).later(-n).starts_at.replace(day=15)


def write(engine_user: EngineUser, kind: str, *, at: datetime, has_part: bool = True) -> AuditEvent:
    """Write an event and seal it, as it was done at a moment. Where ids are times, it gets one of then."""
    if has_part:
        retention.make_months(at)
    there = set(AuditEvent.objects.values_list("pk", flat=True))
    then = EngineUser(
        engine_user.user, engine_user.later(seconds=(at - engine_user.context.now).total_seconds()).context
    )
    audit.record(audit.Event(kind), user_id=engine_user.user.pk, context=then.context, method="text")
    event = AuditEvent.objects.exclude(pk__in=there).get()
    if partitions.is_parted(connection, EVENTS):
        with without_triggers():
            first = partitions.first_id(at)
            AuditEvent.objects.filter(pk=event.pk).update(id=first + (event.pk & 4194303))
    audit.seal(at)
    return AuditEvent.objects.get(ref=event.ref)

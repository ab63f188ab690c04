"""Saves and deletes enrolments."""

from collections.abc import Iterable

from django.db.models import QuerySet

from verification import audit, method_registry
from verification.audit import Event
from verification.context import Context
from verification.db import row_locks
from verification.method_base import Draft
from verification.method_capabilities import Stocked
from verification.models import Enrolment, HardwareToken


def fill(enrolment: Enrolment, plan: Draft) -> None:
    enrolment.hint = plan.hint
    enrolment.data = dict(plan.data)
    enrolment.address = plan.address
    enrolment.secret = plan.secret


def keep_counters(enrolments: Iterable[Enrolment]) -> None:
    """Save the counter and clock drift of tokens, for the next person who gets them."""
    lasting = method_registry.names(Stocked)
    for enrolment in enrolments:
        if enrolment.method in lasting:
            rows = HardwareToken.objects.filter(enrolment=enrolment.pk)
            rows.update(counter=enrolment.counter, data=enrolment.data)


def drop(rows: QuerySet[Enrolment]) -> None:
    """Delete enrolments and all that belongs to them. Locks them first: a challenge may be starting for one."""
    chosen = list(rows.values_list("pk", flat=True))
    if not chosen:
        return
    row_locks.lock_to_delete(Enrolment.objects.filter(pk__in=chosen))
    removed = list(rows.filter(pk__in=chosen))
    keep_counters(removed)
    Enrolment.objects.filter(pk__in=[enrolment.pk for enrolment in removed]).delete()


def record(event: Event, enrolment: Enrolment, context: Context) -> None:
    audit.record(event, user_id=enrolment.user.pk, context=context, method=enrolment.method, enrolment=enrolment.ref)

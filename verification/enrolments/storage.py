"""Saves and deletes enrolments, and updates each person's default and count of methods."""

from collections.abc import Iterable

from django.contrib.auth import get_user_model
from django.db.models import QuerySet

from verification import audit, registry
from verification.audit import Event
from verification.capabilities import Stocked
from verification.context import Context
from verification.db import row_locks
from verification.enrolments import lookup
from verification.method import Draft
from verification.models import Enrolment, HardwareToken
from verification.models.person import Person


def fill(enrolment: Enrolment, plan: Draft) -> None:
    enrolment.hint = plan.hint
    enrolment.data = dict(plan.data)
    enrolment.address = plan.address
    enrolment.secret = plan.secret


def keep_counters(enrolments: Iterable[Enrolment]) -> None:
    """Save the counter and clock drift of tokens, for the next person who gets them."""
    lasting = registry.names(Stocked)
    for enrolment in enrolments:
        if enrolment.method in lasting:
            rows = HardwareToken.objects.filter(enrolment=enrolment.pk)
            rows.update(counter=enrolment.counter, data=enrolment.data)


def update_default_and_count(user: Person) -> None:
    """Make the oldest everyday enrolment the default if there is none, and count what is left.

    The person is locked: of two changes at once, the second counts what the first left.
    """
    left = [c.enrolment for c in lookup.confirmed(user.pk) if lookup.is_everyday(c.enrolment)]
    if left and not any(e.is_default for e in left):
        Enrolment.objects.filter(pk=left[0].pk).update(is_default=True)
    things = {e.address_digest or e.ref for e in left}  # a number that takes texts and calls is one
    get_user_model().objects.filter(pk=user.pk).update(n_methods=len(things))


def drop(rows: QuerySet[Enrolment]) -> None:
    """Delete enrolments and all that belongs to them. Locks them first: a challenge may be starting for one."""
    chosen = [enrolment.pk for enrolment in rows]
    row_locks.lock_to_delete(Enrolment.objects.filter(pk__in=chosen))
    removed = list(rows.filter(pk__in=chosen))
    keep_counters(removed)
    Enrolment.objects.filter(pk__in=[enrolment.pk for enrolment in removed]).delete()


def record(event: Event, enrolment: Enrolment, context: Context) -> None:
    audit.record(event, user_id=enrolment.user.pk, context=context, method=enrolment.method, enrolment=enrolment.ref)

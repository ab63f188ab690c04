"""Removes one method of a person, or all of them. Says who must keep the last one."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Q, QuerySet

from verification import limits, method_registry, notices
from verification.audit import verification_audit_events
from verification.context import Context
from verification.db import row_locks
from verification.enrolments import (
    default_method,
    ending_sessions_and_browsers,
    hardware_tokens_and_access_passes,
    labels_and_names,
    lookup,
    one_change_at_a_time,
    storage,
)
from verification.method_capabilities import Stocked
from verification.models import Enrolment
from verification.models.second_step_states import SecondStep
from verification.models.user_protocol import Person


def clear(user: Person, *, only: Enrolment | None = None) -> list[str]:
    """Remove all methods of a person, or those of one number or token. Returns the labels of the removed ones.

    An assigned token stays assigned, to be activated again. Sessions and remembered browsers end. The caller's
    transaction records it and tells the person.
    """
    one_change_at_a_time.lock_person(user)
    rows = Enrolment.objects.filter(user=user) if only is None else _of_one_thing(only)
    gone = list(rows.filter(confirmed=True).order_by("created_at", "pk"))
    lasting = method_registry.names(Stocked)
    storage.drop(rows.filter(~Q(method__in=lasting) | Q(data__has_key=hardware_tokens_and_access_passes.CLAIM)))
    rows.filter(method__in=lasting).update(confirmed=False, confirmed_at=None, is_default=False)
    default_method.update_default_and_count(user)
    if gone:
        limits.unlock(user.pk, *{enrolment.method for enrolment in gone})
    if only is None:
        limits.reset_wrong_codes(user.pk)
    ending_sessions_and_browsers.raise_epoch(user, why="cleared")
    return [labels_and_names.label(enrolment) for enrolment in gone]


def _of_one_thing(enrolment: Enrolment) -> QuerySet[Enrolment]:
    """Find an enrolment and the person's others with the same address: a phone takes texts and calls."""
    mine: QuerySet[Enrolment] = Enrolment.objects.filter(user=enrolment.user)
    if not enrolment.address_digest:
        return mine.filter(pk=enrolment.pk)
    return mine.filter(address_digest__in=lookup.digests(enrolment))


def must_keep_one(user: Person) -> bool:
    """Return whether a person can't remove their last method: staff, and everyone whose second step isn't disabled."""
    return user.is_staff or user.second_step != SecondStep.DISABLED


def remove(enrolment: Enrolment, context: Context, *, allowed: Sequence[str], one_must_stay: bool) -> bool:
    """Remove an enrolment; False if it is the last everyday one and one must stay. Ends other sessions and browsers.

    Another one becomes the default. A phone's text and call are removed one by one: each is an option of its own.
    """
    with transaction.atomic():
        one_change_at_a_time.lock_person(enrolment.user)
        mine = [c.enrolment for c in lookup.confirmed(enrolment.user.pk)]
        others = [e for e in mine if e.pk != enrolment.pk and e.method in allowed]
        left = [e for e in others if lookup.is_everyday(e)]
        if one_must_stay and lookup.is_everyday(enrolment) and not left:
            return False
        # Locked and looked at again: it may have become the default since, or a sign-in may be asking for it.
        row_locks.lock_to_delete(Enrolment.objects.filter(pk=enrolment.pk))
        found = Enrolment.objects.filter(pk=enrolment.pk).first()
        if found is None:
            return True
        storage.keep_counters([found])
        found.delete()
        default_method.update_default_and_count(enrolment.user)
        ending_sessions_and_browsers.raise_epoch(enrolment.user, why="method-removed")
        storage.record(verification_audit_events.ENROLMENT_REMOVED, enrolment, context)
        notices.notify(
            enrolment.user, "method_removed", now=context.now, context=context, label=labels_and_names.label(enrolment)
        )
    return True

"""A person's preferences for a method: its name, and which one is asked first."""

from django.db import transaction

from verification.audit import events
from verification.context import Context
from verification.enrolments import locks, lookup, storage
from verification.models import Enrolment


def rename(enrolment: Enrolment, name: str, context: Context, *, is_on_another_device: bool = False) -> None:
    """Give an enrolment the person's own name, and record whether an app runs on something other than their phone."""
    with transaction.atomic():
        rows = Enrolment.objects.filter(pk=enrolment.pk)
        rows.update(name=name, is_on_another_device=is_on_another_device)
        storage.record(events.ENROLMENT_RENAMED, enrolment, context)


def make_default(enrolment: Enrolment, context: Context) -> None:
    """Make an enrolment the one that is asked first."""
    with transaction.atomic():
        locks.lock_person(enrolment.user)
        if not (lookup.is_everyday(enrolment) and Enrolment.objects.filter(pk=enrolment.pk, confirmed=True).exists()):
            return  # it has been removed, or isn't for everyday use
        Enrolment.objects.filter(user=enrolment.user, is_default=True).update(is_default=False)
        Enrolment.objects.filter(pk=enrolment.pk).update(is_default=True)
        storage.record(events.ENROLMENT_MADE_DEFAULT, enrolment, context)

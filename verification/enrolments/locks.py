"""Locks that let the changes of one person's methods happen one after another."""

from django.contrib.auth import get_user_model
from django.db.models import F

from verification import limits
from verification.db import row_locks
from verification.models import Enrolment
from verification.person import Person


def lock_person(user: Person) -> None:
    """Let the changes of one person's methods happen one after another. Inside a transaction, and first in it.

    An update that changes nothing holds the person's row on PostgreSQL; SQLite lets one writer in at a time anyway.
    """
    get_user_model().objects.filter(pk=user.pk).update(epoch=F("epoch"))


def lock_person_and_methods(user: Person) -> None:
    """Lock what `clear` changes, where something else is locked before it, such as the count of texts to a number."""
    lock_person(user)
    row_locks.take(Enrolment.objects.filter(user=user))
    limits.hold(user.pk)

"""Locks that let the changes of one person's methods happen one after another."""

from verification import limits
from verification.db import row_locks
from verification.models import Enrolment
from verification.models.person import Person


def lock_person(user: Person) -> None:
    """Make changes of one person's methods wait for each other. Call it first in a transaction.

    On SQLite it locks nothing: one writer is let in at a time anyway.
    """
    row_locks.hold_person(user.pk)


def lock_person_and_methods(user: Person) -> None:
    """Lock all that `clear` changes. For callers that lock other rows before they call it."""
    lock_person(user)
    row_locks.take(Enrolment.objects.filter(user=user))
    limits.hold(user.pk)

"""Locks a person's rows, so that changes of their methods happen one after another. It locks nobody out."""

from verification import limits
from verification.db import row_locks
from verification.models import Enrolment
from verification.models.user_protocol import Person


def lock_person(user: Person) -> None:
    """Lock a person, so that changes of their methods wait for each other. Call it first in a transaction.

    On SQLite this does nothing, because it allows one writer at a time.
    """
    row_locks.lock_person(user.pk)


def lock_person_and_methods(user: Person) -> None:
    """Lock all that `clear` changes. For callers that lock other rows before they call it."""
    lock_person(user)
    row_locks.lock_to_delete(Enrolment.objects.filter(user=user))
    limits.lock_failures(user.pk)

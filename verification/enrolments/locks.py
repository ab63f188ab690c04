"""Locks that let the changes of one person's methods happen one after another."""

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import F

from verification import limits
from verification.db import row_locks
from verification.models import Enrolment


def hold(user: Any) -> None:
    """Let the changes of one person's methods happen one after another. Inside a transaction, and first in it.

    An update that changes nothing holds the person's row on PostgreSQL; SQLite lets one writer in at a time anyway.
    """
    get_user_model().objects.filter(pk=user.pk).update(epoch=F("epoch"))


def hold_all(user: Any) -> None:
    """Lock what `clear` changes, where something else is locked before it, such as the count of texts to a number."""
    hold(user)
    row_locks.take(Enrolment.objects.filter(user=user))
    limits.hold(user.pk)

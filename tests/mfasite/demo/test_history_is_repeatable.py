"""The history of a new demo is the same for the same day, and is given to new databases only."""

import contextlib
from datetime import UTC, datetime

import pytest
from django.contrib.auth import get_user_model
from django.db import transaction

from mfasite.demo import history
from verification.models import AuditEvent

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 25, 15, 30, tzinfo=UTC)


def test_is_the_same_for_the_same_day() -> None:
    first, second = story(), story()

    assert len(first) > 2_000
    assert first == second


def story() -> list[tuple[str, datetime, str]]:
    """Fill the database, read what happened, and take it all back."""
    with contextlib.suppress(_Undo), transaction.atomic():
        history.fill(NOW)
        told = list(AuditEvent.objects.order_by("id").values_list("kind", "at", "network"))
        raise _Undo
    return told


class _Undo(Exception):
    """Rolls a transaction back."""


def test_leaves_a_database_with_users_alone() -> None:
    get_user_model().objects.create_user("somebody")

    assert history.fill(NOW) == 0
    assert get_user_model().objects.count() == 1

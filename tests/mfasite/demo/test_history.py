"""The history of a new demo: enough for each report, written as the product writes it, and apart from the cast."""

import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import transaction

from accounts.models import AppPassword, SupportRequest
from accounts.support.reports import summary
from mfasite.demo import history
from mfasite.demo.history.people import N_PEOPLE
from verification import audit
from verification.models import Attempt, AuditEvent, Browser, Challenge, Message, MessageState, Outage

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 25, 15, 30, tzinfo=UTC)


@pytest.fixture
def _filled() -> None:
    history.fill(NOW)


@pytest.mark.usefixtures("_filled")
def test_gives_every_report_something_to_show() -> None:
    tables = [summary.build(key, now=NOW) for key in summary.REPORTS]

    assert all(table.rows for table in tables)
    assert len(summary.build("sign-ins", now=NOW).rows) >= history.DAYS
    assert {m.state for m in Message.objects.all()} >= {
        MessageState.DELIVERED,
        MessageState.UNDELIVERED,
        MessageState.FAILED,
    }
    assert Attempt.objects.exists()
    assert Outage.objects.exists()
    assert Browser.objects.exists()
    assert AppPassword.objects.exclude(last_used_at=None).exists()
    assert AppPassword.objects.filter(last_used_at=None).exists()
    assert SupportRequest.objects.filter(state=SupportRequest.State.WAITING, ends_at__gt=NOW).count() == 1


@pytest.mark.usefixtures("_filled")
def test_writes_an_audit_log_that_verifies() -> None:
    """Seen failing while events were written in local time, which the database gives back in UTC."""
    assert list(audit.verify()) == []
    assert audit.seal(NOW) == 0


@pytest.mark.usefixtures("_filled")
def test_writes_events_in_order_and_none_from_the_future() -> None:
    moments = list(AuditEvent.objects.order_by("id").values_list("at", flat=True))

    assert moments == sorted(moments)
    assert NOW - timedelta(days=history.DAYS + 1) < moments[0]
    assert moments[-1] < NOW
    assert not Challenge.objects.filter(state="open").exists()


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


@pytest.mark.usefixtures("_filled")
def test_lets_nobody_sign_in_with_a_password() -> None:
    people = get_user_model().objects.all()

    assert people.count() >= N_PEOPLE
    assert not any(person.has_usable_password() for person in people)


def test_leaves_a_database_with_users_alone() -> None:
    get_user_model().objects.create_user("somebody")

    assert history.fill(NOW) == 0
    assert get_user_model().objects.count() == 1

"""The history of a new demo: enough for each report, written as the product writes it, apart from the demo users."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import transaction
from pytest_django import DjangoDbBlocker

from accounts.models import AppPassword, SupportRequest
from accounts.support.reports import list_of_reports
from mfasite.demo import history
from mfasite.demo.history.people import GROUPS
from mfasite.demo.history.timeline import DAYS
from verification import audit
from verification.models import Attempt, AuditEvent, Browser, Challenge, Message, MessageState, Outage

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("history"), pytest.mark.usefixtures("_filled")]

NOW = datetime(2026, 11, 25, 15, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def _filled(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Fill the database once for all tests of this module. Each is undone, and at the end this is."""
    with django_db_blocker.unblock(), transaction.atomic():
        history.fill(NOW)
        yield
        transaction.set_rollback(True)


def test_gives_every_report_something_to_show() -> None:
    tables = [list_of_reports.build(key, now=NOW) for key in list_of_reports.REPORTS]

    assert all(table.rows for table in tables)
    assert len(list_of_reports.build("sign-ins", now=NOW).rows) >= DAYS
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


def test_writes_an_audit_log_that_verifies() -> None:
    """Seen failing while events were written in local time, which the database gives back in UTC."""
    assert list(audit.verify()) == []
    assert audit.seal(NOW) == 0


def test_writes_events_in_order_and_none_from_the_future() -> None:
    moments = list(AuditEvent.objects.order_by("id").values_list("at", flat=True))

    assert moments == sorted(moments)
    assert NOW - timedelta(days=DAYS + 1) < moments[0]
    assert moments[-1] < NOW
    assert not Challenge.objects.filter(state="open", expires_at__gt=NOW).exists()


def test_lets_nobody_sign_in_with_a_password() -> None:
    people = get_user_model().objects.all()

    assert people.count() >= sum(GROUPS.values())
    assert not any(person.has_usable_password() for person in people)

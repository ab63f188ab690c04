"""Tests of what the audit log says about people that an application asked or refused."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import applications
from accounts.models import Application
from tests.simulated.people import Clock, Person
from verification.context import Context
from verification.models import AuditEvent


@pytest.fixture
def wiki(db: None) -> Application:
    return Application.objects.create(slug="wiki", name="Wiki", kind=Application.Kind.PROXY)


def kinds() -> list[str]:
    return list(AuditEvent.objects.order_by("pk").values_list("kind", flat=True))


def test_records_why_a_person_was_refused(wiki: Application, ana: Person, clock: Clock) -> None:
    applications.refused(wiki, ana.user.pk, "not-allowed", Context(now=timezone.now()))

    event = AuditEvent.objects.get()
    assert (event.kind, event.user_id) == ("application.refused", ana.user.pk)
    assert event.detail == {"application": "wiki", "why": "not-allowed"}


def test_a_reloaded_page_is_recorded_once(wiki: Application, ana: Person, ben: Person, clock: Clock) -> None:
    for _try in range(3):
        applications.asked(wiki, ana.user.pk, "too-old", Context(now=timezone.now()))
    applications.asked(wiki, ben.user.pk, "too-old", Context(now=timezone.now()))
    assert kinds() == ["application.asked"] * 2

    applications.asked(wiki, ana.user.pk, "too-weak", Context(now=timezone.now()))
    clock.forward(minutes=5)
    applications.asked(wiki, ana.user.pk, "too-weak", Context(now=timezone.now() + timedelta(0)))
    assert kinds() == ["application.asked"] * 4

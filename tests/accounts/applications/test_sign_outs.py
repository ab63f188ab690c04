"""Tests of people who sign out of an application themselves."""

import pytest

from accounts import applications
from accounts.models import Application
from tests.simulated.people import Clock, Person
from tests.simulated.sign_in_claims import SignInClaims
from verification.context import Context
from verification.models import AuditEvent

HERE, THERE = "a" * 32, "b" * 32


@pytest.fixture
def wiki(db: None) -> Application:
    return Application.objects.create(slug="wiki", name="Wiki", kind=Application.Kind.PROXY)


def test_ends_and_records_the_sessions_once(wiki: Application, ana: Person, clock: Clock) -> None:
    for ref in (HERE, THERE):
        applications.open(wiki, ana.user, ref, SignInClaims(), clock.now)

    ended = [applications.sign_out(ana.user, wiki, Context(now=clock.now)) for _ in range(2)]

    assert ended == [2, 0]
    event = AuditEvent.objects.get(kind="application.left")
    assert (event.user_id, event.detail) == (ana.user.pk, {"application": "wiki", "n_sessions": 2})


def test_keeps_the_sessions_that_another_session_opened(wiki: Application, ana: Person, clock: Clock) -> None:
    for ref in (HERE, THERE):
        applications.open(wiki, ana.user, ref, SignInClaims(), clock.now)

    applications.sign_out(ana.user, wiki, Context(now=clock.now), session_ref=HERE, host="wiki.example.org")

    assert [each.session_ref for each in applications.running(ana.user)] == [THERE]
    assert AuditEvent.objects.get(kind="application.left").detail["host"] == "wiki.example.org"

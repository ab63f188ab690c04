"""Tests of sessions in applications: opened once, renewed, and ended once with a message to those who notify."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from accounts import applications
from accounts.applications import application_sessions
from accounts.models import Application, ApplicationSession
from tests.simulated.people import Clock, Person
from tests.simulated.sign_in_claims import SignInClaims
from verification.retention import removing_old_messages_and_challenges

HERE, THERE = "a" * 32, "b" * 32


@pytest.fixture
def wiki(db: None) -> Application:
    return Application.objects.create(slug="wiki", name="Wiki", kind=Application.Kind.PROXY)


@pytest.fixture
def tickets(db: None) -> Application:
    return Application.objects.create(slug="tickets", name="Tickets", kind=Application.Kind.OIDC)


@pytest.fixture
def heard() -> Iterator[list[tuple[str, str]]]:
    """Session and application of everything that receivers heard of."""
    found: list[tuple[str, str]] = []

    def receive(ended: QuerySet[ApplicationSession], _now: datetime) -> None:
        found.extend(ended.order_by("pk").values_list("session_ref", "application__slug"))

    applications.on_end(receive)
    yield found
    application_sessions._receivers.remove(receive)


def test_opens_one_session_and_renews_its_facts(wiki: Application, ana: Person, clock: Clock) -> None:
    opened = applications.open(wiki, ana.user, HERE, SignInClaims(), clock.now)
    clock.forward(minutes=5)
    renewed = applications.open(wiki, ana.user, HERE, SignInClaims(acr="phr", auth_time=clock.now), clock.now)

    assert renewed.pk == opened.pk
    assert renewed.started_at == opened.started_at
    assert (renewed.acr, renewed.auth_time, renewed.last_used_at) == ("phr", clock.now, clock.now)


def test_the_database_allows_one_running_session_each(wiki: Application, ana: Person, clock: Clock) -> None:
    applications.open(wiki, ana.user, HERE, SignInClaims(), clock.now)

    with pytest.raises(IntegrityError), transaction.atomic():
        ApplicationSession.objects.create(
            application=wiki, user=ana.user, session_ref=HERE, started_at=clock.now, last_used_at=clock.now
        )


def test_opens_a_new_one_after_the_end(wiki: Application, ana: Person, clock: Clock) -> None:
    first = applications.open(wiki, ana.user, HERE, SignInClaims(), clock.now)
    applications.end(clock.now, "sign-out", session_ref=HERE)

    assert applications.open(wiki, ana.user, HERE, SignInClaims(), clock.now).pk != first.pk


def test_ends_what_was_named_and_nothing_else(
    wiki: Application, tickets: Application, ana: Person, ben: Person, clock: Clock
) -> None:
    for person, ref in ((ana, HERE), (ben, THERE)):
        for application in (wiki, tickets):
            applications.open(application, person.user, ref, SignInClaims(), clock.now)

    assert applications.end(clock.now, "ended", application=wiki, user_id=ana.user.pk) == 1
    assert applications.end(clock.now, "sign-out", session_ref=HERE) == 1
    assert applications.end(clock.now, "locked", user_id=ben.user.pk) == 2
    reasons = ApplicationSession.objects.order_by("pk").values_list("end_reason", flat=True)
    assert list(reasons) == ["ended", "sign-out", "locked", "locked"]


def test_refuses_to_end_everything(wiki: Application, ana: Person, clock: Clock) -> None:
    applications.open(wiki, ana.user, HERE, SignInClaims(), clock.now)

    with pytest.raises(ValueError, match="name"):
        applications.end(clock.now, "mistake")
    assert ApplicationSession.objects.filter(ended_at__isnull=True).exists()


def test_announces_each_session_once(
    wiki: Application, tickets: Application, ana: Person, clock: Clock, heard: list[tuple[str, str]]
) -> None:
    applications.open(wiki, ana.user, HERE, SignInClaims(), clock.now)
    applications.open(tickets, ana.user, HERE, SignInClaims(), clock.now)

    assert applications.end(clock.now, "sign-out", session_ref=HERE) == 2
    assert applications.end(clock.now + timedelta(seconds=1), "locked", user_id=ana.user.pk) == 0
    assert heard == [(HERE, "wiki"), (HERE, "tickets")]


def test_a_receiver_that_fails_undoes_the_end(wiki: Application, ana: Person, clock: Clock) -> None:
    """Otherwise an application would never hear of it."""

    def fail(_ended: QuerySet[ApplicationSession], _now: datetime) -> None:
        raise RuntimeError

    applications.open(wiki, ana.user, HERE, SignInClaims(), clock.now)
    applications.on_end(fail)
    try:
        with pytest.raises(RuntimeError), transaction.atomic():
            applications.end(clock.now, "sign-out", session_ref=HERE)
    finally:
        application_sessions._receivers.remove(fail)

    assert ApplicationSession.objects.filter(ended_at__isnull=True).count() == 1


def test_forgets_what_ended_long_ago(wiki: Application, ana: Person, clock: Clock) -> None:
    applications.open(wiki, ana.user, HERE, SignInClaims(), clock.now)
    applications.end(clock.now, "sign-out", session_ref=HERE)
    applications.open(wiki, ana.user, THERE, SignInClaims(), clock.now)
    clock.forward(days=90)
    applications.purge(clock.now)
    assert ApplicationSession.objects.count() == 2

    clock.forward(seconds=1)
    applications.purge(clock.now)
    assert ApplicationSession.objects.get().session_ref == THERE


def test_forgets_in_batches(wiki: Application, ana: Person, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen failing: all of a day were loaded and deleted at once."""
    monkeypatch.setattr(removing_old_messages_and_challenges, "_BATCH", 2)
    for ref in ("a", "b", "c"):
        applications.open(wiki, ana.user, ref * 32, SignInClaims(), clock.now)
    applications.end(clock.now, "sign-out", application=wiki)
    clock.forward(days=91)

    with CaptureQueriesContext(connection) as statements:
        applications.purge(clock.now)

    start = f'DELETE FROM "{ApplicationSession._meta.db_table}"'
    assert sum(each["sql"].startswith(start) for each in statements) == 2
    assert not ApplicationSession.objects.exists()

"""Tests that uses of app passwords are collected and written together, the newest of each."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connections
from pytest_django import DjangoAssertNumQueries

from accounts.app_passwords import last_use_and_places
from accounts.app_passwords.last_use_and_places import AppPasswordUse
from accounts.models import AppPassword
from tests.simulated import app_password_services
from tests.simulated.app_password_services import AppPasswordService
from tests.simulated.people import Clock, Person


class Timer:
    """A timer that never fires. The test writes when it wants."""

    started: int = 0

    def __init__(self, *_: Any) -> None: ...

    def start(self) -> None:
        Timer.started += 1


@pytest.fixture
def collecting(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    settings.APP_PASSWORD_USE_SECONDS = timedelta(seconds=1)
    monkeypatch.setattr(threading, "Timer", Timer)
    Timer.started = 0
    yield
    last_use_and_places._waiting.clear()


def _used(person: Person) -> list[Any]:
    rows = AppPassword.objects.filter(user=person.user).order_by("pk")
    return list(rows.values_list("last_used_at", "last_network"))


def _known(person: Person, door: AppPasswordService, clock: Clock) -> str:
    """Make an app password whose network is known, so that its next use is only noted."""
    secret = app_password_services.make(person.user)
    assert door.opens(person.user.username, secret)
    clock.forward(minutes=5)
    return secret


def test_answers_before_the_use_is_written(
    ana: Person,
    mail: AppPasswordService,
    clock: Clock,
    collecting: None,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    secret = _known(ana, mail, clock)
    before = _used(ana)

    with django_assert_num_queries(1):
        assert mail.opens("ana", secret)

    assert _used(ana) == before
    last_use_and_places.write()
    assert _used(ana) == [(clock.now, app_password_services.HOME)]


def test_writes_the_newest_use_of_each(ana: Person, mail: AppPasswordService, clock: Clock, collecting: None) -> None:
    secrets = [_known(ana, mail, clock) for _ in range(2)]
    for secret in secrets * 2:
        assert mail.opens("ana", secret)
        clock.forward(seconds=5)

    last_use_and_places.write()

    assert [at for at, _ in _used(ana)] == [clock.now - timedelta(seconds=10), clock.now - timedelta(seconds=5)]
    assert Timer.started == 1


def test_writes_a_new_network_before_the_answer(
    ana: Person, mail: AppPasswordService, clock: Clock, collecting: None
) -> None:
    secret = _known(ana, mail, clock)

    assert mail.seen_from("198.51.100.20").opens("ana", secret)

    assert _used(ana) == [(clock.now, "198.51.100.20")]


def test_a_process_that_ends_waits_for_what_it_collected() -> None:
    """A daemon thread would end with its process, and the uses of a second with it."""
    assert not threading.Timer(1, last_use_and_places.write).daemon


def test_a_database_that_is_away_costs_the_uses_only(
    ana: Person, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away() -> None:
        raise DatabaseError

    monkeypatch.setattr(last_use_and_places, "write", away)
    monkeypatch.setattr(connections, "close_all", lambda: None)

    last_use_and_places._write_in_background()

    assert "are lost" in caplog.text


def test_writes_nothing_when_nothing_was_collected(db: None, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        last_use_and_places.write()


def test_a_deleted_one_stays_deleted(ana: Person, mail: AppPasswordService, clock: Clock, collecting: None) -> None:
    secret = _known(ana, mail, clock)
    assert mail.opens("ana", secret)
    AppPassword.objects.filter(user=ana.user).delete()

    last_use_and_places.write()

    assert not AppPassword.objects.filter(user=ana.user).exists()


def test_can_be_told_to_write_each_now(ana: Person, clock: Clock) -> None:
    app_password_services.make(ana.user)
    row = AppPassword.objects.get(user=ana.user)

    last_use_and_places.note(AppPasswordUse(row.pk, clock.now, "192.0.2.9", "imap"))

    assert _used(ana) == [(clock.now, "192.0.2.9")]

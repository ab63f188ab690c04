"""Tests that expired rows are deleted."""

from accounts import password_resets
from accounts.models import PasswordReset, Session
from accounts.tasks import purge
from mfasite.celery import app
from tests.people import Clock, Person
from verification.context import Context


def test_sessions_that_are_over_are_removed_the_others_stay(ana: Person, cleo: Person, clock: Clock) -> None:
    ana.give_password()
    clock.forward(hours=11)
    cleo.sign_in()
    clock.forward(hours=2)

    purge()

    assert [session.user for session in Session.objects.all()] == [cleo.user]


def test_mailed_links_that_are_over_are_removed(ana: Person, clock: Clock) -> None:
    password_resets.ask("ana", Context(now=clock.now), path="/")
    purge()
    assert PasswordReset.objects.count() == 1
    clock.forward(days=2)

    purge()

    assert PasswordReset.objects.count() == 0


def test_runs_once_a_day() -> None:
    scheduled = {entry["task"] for entry in app.conf.beat_schedule.values()}

    assert purge.name in scheduled

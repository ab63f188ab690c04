"""Tests that pages use the language and time zone of the signed-in person, and of nobody else."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils import timezone, translation

from accounts.middleware.language_and_time_zone import PreferencesMiddleware
from accounts.models import User
from accounts.sessions import session_assurance
from accounts.sessions.session_assurance import Assurance
from accounts.sessions.session_store import SessionStore
from tests.simulated.people import Person


def _prefer(person: Person, **fields: str) -> None:
    User.objects.filter(pk=person.user.pk).update(**fields)


@pytest.mark.parametrize(
    ("zone", "time"), [("", "09:00"), ("Europe/Zurich", "09:00"), ("Asia/Kathmandu", "13:45"), ("UTC", "08:00")]
)
def test_times_are_the_persons_own(ana: Person, zone: str, time: str) -> None:
    _prefer(ana, time_zone=zone)

    assert f"on 2 March 2026, {time}" in ana.sign_in()


def test_time_zone_of_one_is_not_left_to_the_next(ana: Person, cleo: Person) -> None:
    _prefer(ana, time_zone="Asia/Kathmandu")
    ana.sign_in()

    assert "09:00" in cleo.sign_in()
    assert timezone.get_current_timezone_name() == "Europe/Zurich"


def test_half_signed_in_person_has_no_preferences_yet(ana: Person) -> None:
    """A correct password alone must reveal nothing about its person."""
    _prefer(ana, time_zone="Asia/Kathmandu")

    assert "13:4" not in ana.give_password().words


def test_language_is_the_persons_own(ana: Person, monkeypatch: pytest.MonkeyPatch, rf: RequestFactory) -> None:
    _prefer(ana, language="de")
    request = rf.get("/")
    request.session = SessionStore()
    request.session[session_assurance.KEY] = {"epoch": 1}
    user = User.objects.get(pk=ana.user.pk)
    monkeypatch.setattr(session_assurance, "of", lambda _: Assurance(user=user))

    def say(_: HttpRequest) -> HttpResponse:
        return HttpResponse(translation.get_language())

    with translation.override("en"):
        assert PreferencesMiddleware(say)(request).content == b"de"


def test_zone_that_is_no_more_breaks_no_page(ana: Person) -> None:
    """Time zones are renamed and dropped; a page in the organisation's time is better than none. Seen failing."""
    _prefer(ana, time_zone="Mars/Olympus")

    assert "on 2 March 2026, 09:00" in ana.sign_in()

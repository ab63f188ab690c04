"""Tests of flash messages: visitors without a session get them by a cookie, and leave no row."""

import pytest
from django.test import Client

from accounts.models import Session
from tests.simulated.http_browser import Browser
from tests.simulated.people import Person, ana, clock, stranger

__all__ = ["ana", "clock", "stranger"]


def test_visitor_without_a_session_gets_the_message_once(stranger: Browser) -> None:
    """Seen failing: each request made a session of twelve hours."""
    stranger.go("/sign-in/")
    page = stranger.send("/sign-in/verify/", code="123456")

    assert (page.path, "sign_in:ended" in page.outcomes) == ("/sign-in/", True)
    assert "sign_in:ended" not in stranger.go("/sign-in/").outcomes
    assert not Session.objects.exists()


def test_cookie_that_was_changed_says_nothing(stranger: Browser) -> None:
    stranger.client.cookies["mfa_messages"] = "W1siX19qc29uX21lc3NhZ2UiLDAsMjAsIkhlbGxvIl1d:1wQ:forged"

    page = stranger.go("/sign-in/")

    assert (page.status, "Hello" in page) == (200, False)


def test_message_of_someone_signed_in_is_in_the_session(ana: Person) -> None:
    ana.sign_in(to="/sign-in/?next=/methods/")

    ana.browser.send("/preferences/", time_zone="Europe/Paris", language="en")

    assert "mfa_messages" not in ana.browser.client.cookies


@pytest.mark.parametrize("cookie", ["", "a" * 64])
def test_unknown_session_makes_no_row(db: None, cookie: str) -> None:
    """A cookie of a session that isn't there is no session either."""
    client = Client()
    client.cookies["mfa_session"] = cookie

    answer = client.post("/sign-in/verify/", {"code": "1"})

    assert answer.status_code == 302
    assert answer.cookies["mfa_messages"]["httponly"]
    assert not Session.objects.exists()

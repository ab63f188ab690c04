"""The main journeys in Firefox, on a telephone and on a desk: nothing in the console, nothing wider than the window."""

from collections.abc import Iterator

import pytest
from pytest_django.live_server_helper import LiveServer

from tests import firefox
from tests.chromium import SIZES
from tests.firefox import Firefox
from tests.people import DIFFERENT, PASSWORD, Person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(params=SIZES)
def window(live_server: LiveServer, request: pytest.FixtureRequest) -> Iterator[Firefox]:
    """A window that fails the test on an error in the console and on a page that scrolls sideways."""
    with firefox.opened(live_server.url) as shown:
        shown.resize(**SIZES[request.param])
        yield shown
        assert shown.overflow <= 0
        assert shown.complaints() == []
        shown.go("about:blank")  # a request in progress would lock the database that the next test empties


def give_password(window: Firefox, person: Person) -> None:
    window.go("/sign-in/")
    window.fill("Username", person.user.username)
    window.fill("Password", PASSWORD)
    window.press("Sign in")


def test_signs_in_with_a_text(window: Firefox, ana: Person) -> None:
    give_password(window, ana)
    window.at("/sign-in/verify/")

    window.fill("Code", ana.read_text())
    window.press("Verify")

    window.at("/")


def test_uses_a_different_verification_option(window: Firefox, ana: Person) -> None:
    give_password(window, ana)
    window.at("/sign-in/verify/")

    window.press(DIFFERENT)
    window.at("/sign-in/options/")
    window.press("Authenticator app")
    window.at("/sign-in/verify/")
    window.fill("Code", ana.read_app())
    window.press("Verify")

    window.at("/")


def test_reads_help_without_signing_in(window: Firefox, db: None) -> None:
    window.go("/help/?q=lost+phone")
    window.go("/help/lost-phone/")

    assert "phone" in window.heading

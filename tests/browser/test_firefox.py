"""Tests of the main journeys in Firefox, on a phone and a desktop: no console errors and no sideways scrolling."""

from collections.abc import Iterator

import pytest
from pytest_django.live_server_helper import LiveServer

from accounts.models import AppPassword
from tests.browser.screen_sizes_and_accessibility import SIZES
from tests.real_programs import firefox
from tests.real_programs.firefox import Firefox
from tests.simulated.people import DIFFERENT, PASSWORD, Clock, Person, hire
from verification.models import Enrolment, Policy

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


def sign_in(window: Firefox, person: Person) -> None:
    give_password(window, person)
    window.at("/sign-in/verify/")
    if "from your app" not in window.text:
        window.press(DIFFERENT)
        window.at("/sign-in/options/")
        window.press("Authenticator app")
        window.at("/sign-in/verify/")
    window.fill("Code", person.read_app())
    window.press("Verify")
    window.at("/")


def test_signs_in_with_a_text(window: Firefox, ana: Person) -> None:
    give_password(window, ana)
    window.at("/sign-in/verify/")

    window.fill("Code", ana.read_text())
    window.press("Verify")

    window.at("/")


def test_uses_a_different_verification_option(window: Firefox, ana: Person) -> None:
    sign_in(window, ana)


def test_reads_help_without_signing_in(window: Firefox, db: None) -> None:
    window.go("/help/?q=lost+phone")
    window.go("/help/lost-phone/")

    assert "phone" in window.heading


def test_registers_at_the_first_sign_in(window: Firefox, ben: Person) -> None:
    give_password(window, ben)
    window.see("Set up two-step verification")
    window.press("Text message")
    window.fill("Phone number", "078 555 01 45")
    window.press("Continue")
    window.see("Verify your new method")
    window.fill("Code", ben.read_text())
    window.press("Verify")
    window.see("Add a second method")
    window.press("Authenticator app")
    window.see("Show the key to type")
    window.fill("Code", ben.read_app())
    window.press("Verify")
    window.see("Recovery codes")
    window.press("Show my recovery codes")
    window.press("I’ve saved them")

    window.at("/")
    assert {each.method for each in Enrolment.objects.filter(user=ben.user, confirmed=True)} >= {"text", "totp"}


def test_creates_an_app_password(window: Firefox, ana: Person) -> None:
    sign_in(window, ana)
    window.go("/app-passwords/make/")

    window.fill("Name", "old laptop")
    window.press("Create app password")
    window.see("Your app password")

    assert AppPassword.objects.get(user=ana.user).name == "old laptop"


def test_support_clears_the_settings_of_a_person(window: Firefox, ana: Person, clock: Clock) -> None:
    Policy.objects.update_or_create(group=None, defaults={"caller_check": False})
    sign_in(window, hire("dora", "Senior support"))
    window.go(f"/admin/accounts/user/{ana.user.pk}/do/clear_settings/")

    window.fill("Reason", "asked for it")
    window.fill("Ticket", "INC-1")
    window.press("Clear settings")

    window.at(f"/admin/accounts/user/{ana.user.pk}/change/")
    assert not Enrolment.objects.filter(user=ana.user).exists()

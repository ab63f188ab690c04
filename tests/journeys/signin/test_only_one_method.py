"""Tests in which Cleo has only one method: pages show how to reach the support desk, and offer no dead ends."""

import pytest
from django.utils import timezone

from tests.simulated.people import OPTIONS, Clock, Person
from verification.models import Failure

# What a page tells about the other methods.
LOCKED, NO_SECOND = "sign_in:others_locked", "sign_in:no_second_method"


def test_sees_no_other_option(cleo: Person) -> None:
    page = cleo.give_password()

    assert not page.leads_to(OPTIONS)


def test_sees_how_to_reach_support(cleo: Person) -> None:
    page = cleo.give_password()

    assert NO_SECOND in page.outcomes
    for words in ("Example Service Desk", "+41 44 555 01 00", "Monday to Friday"):
        assert words in page
    assert page.link("support@example.org") == "mailto:support@example.org"


def _lock(person: Person, *methods: str) -> None:
    for method in methods:
        Failure.objects.create(user=person.user, method=method, consecutive=30, locked_at=timezone.now())


def test_locked_second_method_is_named_as_locked(cleo: Person) -> None:
    cleo.print_codes()
    _lock(cleo, "recovery")

    page = cleo.give_password()

    assert LOCKED in page.outcomes
    assert page.link("support@example.org") == "mailto:support@example.org"
    assert NO_SECOND not in page.outcomes


@pytest.mark.parametrize("locked", [("text", "call"), ("text",)])
def test_locked_ones_are_named_only_if_none_is_left(locked: tuple[str, ...], ana: Person) -> None:
    _lock(ana, *locked)

    page = ana.give_password()

    assert (LOCKED in page.outcomes) is (len(locked) == 2)
    assert page.leads_to(OPTIONS) is (len(locked) == 1)
    assert NO_SECOND not in page.outcomes


def test_locked_ones_are_named_when_asked_again(ana: Person, clock: Clock) -> None:
    ana.sign_in()
    _lock(ana, "text", "call")
    clock.forward(hours=1)

    ana.browser.go("/methods/add/")
    page = ana.browser.press("Authenticator app")

    assert page.path == "/sign-in/verify/"
    assert LOCKED in page.outcomes


def test_signs_in_by_her_app(cleo: Person) -> None:
    cleo.give_password()

    assert cleo.verify(cleo.read_app()).path == "/"


def test_is_told_at_home_that_one_way_is_not_enough(cleo: Person) -> None:
    home = cleo.sign_in()

    assert home.offers("Add a method")


def test_is_offered_nothing_that_an_app_cannot_do(cleo: Person) -> None:
    page = cleo.give_password()

    assert not [label for label in ("Send a new code", "Call me again") if page.offers(label)]

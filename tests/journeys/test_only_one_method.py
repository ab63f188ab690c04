"""Tests in which Cleo has only one method: pages show how to reach the support desk, and offer no dead ends."""

from tests.people import DIFFERENT, Person


def test_sees_no_other_option(cleo: Person) -> None:
    page = cleo.give_password()

    assert not page.offers(DIFFERENT)


def test_sees_how_to_reach_support(cleo: Person) -> None:
    page = cleo.give_password()

    for words in ("set up a second method", "Example Service Desk", "+41 44 555 01 00", "Monday to Friday"):
        assert words in page
    assert page.link("support@example.org") == "mailto:support@example.org"


def test_signs_in_by_her_app(cleo: Person) -> None:
    cleo.give_password()

    assert cleo.verify(cleo.read_app()).path == "/"


def test_is_told_at_home_that_one_way_is_not_enough(cleo: Person) -> None:
    home = cleo.sign_in()

    assert home.offers("Add a method")


def test_is_offered_nothing_that_an_app_cannot_do(cleo: Person) -> None:
    page = cleo.give_password()

    assert not [label for label in ("Send a new code", "Call me again") if page.offers(label)]

"""The cast, and somebody in each state that a session can be in."""

import pytest

from tests.pages import Browser
from tests.people import Person, ana, ben, cleo, clock, dev, join, stranger

__all__ = ["ana", "ben", "cleo", "clock", "dev", "stranger"]


def half(person: Person) -> Browser:
    """Give a browser whose password was right, with the second step to come."""
    person.give_password()
    return person.browser


def at_the_wall(person: Person) -> Browser:
    """Give a browser in the middle of its first registration, with a method begun and not proven."""
    person.give_password()
    person.browser.press("Authenticator app")
    return person.browser


def past_the_proof(person: Person) -> Browser:
    """Give a browser whose first registration has proven a method and is not ended."""
    browser = at_the_wall(person)
    person.verify(person.read_app())
    return browser


def signed_in(person: Person) -> Browser:
    person.sign_in()
    person.browser.go("/")
    return person.browser


@pytest.fixture
def states(stranger: Browser, ana: Person, ben: Person, cleo: Person, dev: Person) -> dict[str, Browser]:
    """Give a browser in each state of a session."""
    eve = join("eve")
    stranger.go("/sign-in/")
    return {
        "stranger": stranger,
        "half": half(ana),
        "registering": at_the_wall(eve),
        "signed in": signed_in(cleo),
        "staff": signed_in(dev),
        "registered": past_the_proof(ben),
    }

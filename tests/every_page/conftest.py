"""Fixtures for architecture tests: the test users, and a browser in each state that a session can have."""

from collections.abc import Callable

import pytest
from django.db.models import Model

from tests.every_page.admin_rows import SAMPLES
from tests.simulated.http_browser import Browser
from tests.simulated.people import ANAS, Clock, Person, ana, ben, cleo, clock, dev, join, stranger
from tests.simulated.signed_in_staff import root

__all__ = ["ana", "ben", "cleo", "clock", "dev", "root", "stranger"]


def open_door() -> Browser:
    """Return a browser without a session."""
    browser = Browser()
    browser.go("/sign-in/")
    return browser


def half(person: Person) -> Browser:
    """Return a browser after the password, before the second step."""
    person.give_password()
    return person.browser


def at_the_wall(person: Person) -> Browser:
    """Return a browser during the first registration, with a method started and not verified."""
    person.give_password()
    person.browser.press("Authenticator app")
    return person.browser


def past_the_proof(person: Person) -> Browser:
    """Return a browser during the first registration, with a method verified."""
    browser = at_the_wall(person)
    person.verify(person.read_app())
    return browser


def signed_in(person: Person) -> Browser:
    person.sign_in()
    person.browser.go("/")
    return person.browser


STATES: dict[str, Callable[[], Browser]] = {
    "stranger": open_door,
    "half": lambda: half(join("ana", number=ANAS).set_up("text", "totp")),
    "registering": lambda: at_the_wall(join("eve")),
    "registered": lambda: past_the_proof(join("ben")),
    "signed in": lambda: signed_in(join("cleo").set_up("totp")),
    "staff": lambda: signed_in(join("dev", is_staff=True).set_up("totp")),
    "chief": lambda: signed_in(join("fay", is_staff=True, is_superuser=True).set_up("totp")),
}


@pytest.fixture
def browser(request: pytest.FixtureRequest, db: None, clock: Clock) -> Browser:
    """A browser whose session is in the state that the test names."""
    return STATES[request.param]()


@pytest.fixture
def row(request: pytest.FixtureRequest, root: Person) -> Model:
    """Return a row of the parametrized model."""
    model = request.param
    assert model in SAMPLES, f"give {model.__name__} a sample, so that its pages are tried"
    model.objects.all().delete()
    made: Model = model.objects.create(**SAMPLES[model].row())
    return made

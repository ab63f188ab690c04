"""Fixtures for journeys: the test users, and carriers that answer like real ones."""

from typing import Any

import pytest

from tests.simulated.callbacks import hand_over
from tests.simulated.fake_carrier import gateway, twilio, vonage
from tests.simulated.people import Clock, Person, ana, ben, cleo, clock, dev, hire, stranger
from verification.delivery.routing import routes
from verification.models import Message

__all__ = ["ana", "ben", "cleo", "clock", "dev", "gateway", "stranger", "twilio", "vonage"]


@pytest.fixture
def dora(db: None, clock: Clock) -> Person:
    """Return a member of the support desk, signed in to the admin site."""
    person = hire("dora", "Support desk")
    person.sign_in(to="/admin/")
    return person


@pytest.fixture
def sam(db: None, clock: Clock) -> Person:
    """Return a member of senior support, signed in to the admin site."""
    person = hire("sam", "Senior support")
    person.sign_in(to="/admin/")
    return person


@pytest.fixture
def by_twilio(settings: Any) -> None:
    """Install Twilio as the only provider."""
    settings.DELIVERY_PROVIDERS = ("verification.delivery.providers.twilio",)
    routes._load.cache_clear()


@pytest.fixture
def accepted_text(ana: Person) -> Message:
    """Return a text that Twilio has accepted."""
    ana.give_password()
    return hand_over()

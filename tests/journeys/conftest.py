"""Fixtures for journeys: the test users, and carriers that answer like real ones."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.simulated.callbacks import hand_over
from tests.simulated.fake_carrier import gateway, twilio, vonage
from tests.simulated.people import Person, ana, ben, cleo, clock, dev, stranger
from tests.simulated.signed_in_staff import dora, fay, opal, sam
from tests.simulated.support_desk import no_check
from verification.delivery.routing import routes
from verification.models import Message

__all__ = [
    "ana",
    "ben",
    "cleo",
    "clock",
    "dev",
    "dora",
    "fay",
    "gateway",
    "no_check",
    "opal",
    "sam",
    "stranger",
    "twilio",
    "vonage",
]


Uninstall = Callable[..., None]


@pytest.fixture
def uninstall(settings: Any) -> Uninstall:
    """Return a function that simulates a restart after an operator took methods out of the installation."""

    def without(*gone: str) -> None:
        settings.VERIFICATION_METHODS = tuple(
            package for package in settings.VERIFICATION_METHODS if package.rpartition(".")[2] not in gone
        )

    return without


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

"""Fixtures for tests of the actions of the support desk."""

import pytest

from tests.accounts.support.actions.erased_people import arrive
from tests.simulated.people import Person


@pytest.fixture
def zora(db: None, clock: object) -> Person:
    return arrive()

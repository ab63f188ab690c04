"""Fixtures for tests of the actions of the support desk."""

import pytest
from django.db import transaction

from tests.accounts.support.actions.erased_people import arrive
from tests.simulated.people import Person, hire
from tests.simulated.staff import fay

__all__ = ["fay"]


@pytest.fixture
def zora(db: None, clock: object) -> Person:
    return arrive()


@pytest.fixture
def senior(transactional_db: None) -> Person:
    """A member of senior support, seen by every connection."""
    with transaction.atomic():
        return hire("sam", "Senior support")

"""Fixtures for tests of invitations."""

import pytest

from tests.accounts.invitations.invited_people import fresh
from tests.simulated.people import Clock, Person
from tests.simulated.signed_in_staff import dora
from tests.simulated.support_desk import no_check

__all__ = ["dora", "no_check"]


@pytest.fixture
def nina(db: None, clock: Clock) -> Person:
    """Someone an import added."""
    return fresh("nina")

"""Fixtures for tests of invitations."""

import pytest

from tests.accounts.invitations.invited_people import fresh
from tests.simulated.people import Clock, Person, hire
from verification.models import Policy


@pytest.fixture
def dora(db: None, clock: Clock) -> Person:
    """A member of the support desk."""
    Policy.objects.update_or_create(group=None, defaults={"caller_check": False})
    staff = hire("dora", "Support desk")
    staff.sign_in(to="/admin/")
    return staff


@pytest.fixture
def nina(db: None, clock: Clock) -> Person:
    """Someone an import added."""
    return fresh("nina")

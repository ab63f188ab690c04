"""Staff of each role. They have not signed in: `signed_in_staff.py` has the same people in the admin site."""

import pytest

from tests.simulated.people import Clock, Person, hire, join


@pytest.fixture
def dora(db: None, clock: Clock) -> Person:
    """A member of the support desk."""
    return hire("dora", "Support desk")


@pytest.fixture
def sam(db: None, clock: Clock) -> Person:
    """A member of senior support."""
    return hire("sam", "Senior support")


@pytest.fixture
def fay(db: None, clock: Clock) -> Person:
    """An administrator."""
    return hire("fay", "Administrators")


@pytest.fixture
def root(db: None, clock: Clock) -> Person:
    """A superuser."""
    return join("root", is_staff=True, is_superuser=True).set_up("totp")

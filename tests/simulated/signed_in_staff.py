"""Staff of each role, signed in to the admin site. They have just verified."""

import pytest

from tests.simulated.people import Clock, Person, hire, join


def enter_admin(person: Person) -> Person:
    """Sign in to the admin site."""
    person.sign_in(to="/admin/")
    return person


@pytest.fixture
def dora(db: None, clock: Clock) -> Person:
    """A member of the support desk, signed in to the admin site."""
    return enter_admin(hire("dora", "Support desk"))


@pytest.fixture
def sam(db: None, clock: Clock) -> Person:
    """A member of senior support, signed in to the admin site."""
    return enter_admin(hire("sam", "Senior support"))


@pytest.fixture
def fay(db: None, clock: Clock) -> Person:
    """An administrator, signed in to the admin site."""
    return enter_admin(hire("fay", "Administrators"))


@pytest.fixture
def opal(db: None, clock: Clock) -> Person:
    """An operator, signed in to the admin site."""
    return enter_admin(hire("opal", "Operators"))


@pytest.fixture
def root(db: None, clock: Clock) -> Person:
    """A superuser, signed in to the admin site."""
    return enter_admin(join("root", is_staff=True, is_superuser=True).set_up("totp"))

"""The desk as its tests find it: somebody who calls, and the people of the desk."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.support import caller_verification
from tests.people import Clock, Person, hire, join
from verification.context import Context
from verification.models import Enrolment, Policy


@pytest.fixture
def here(clock: Clock) -> Context:
    """Give the circumstances of an action of the desk."""
    return Context(now=clock.now, network="192.0.2.9")


@pytest.fixture
def dora(db: None, clock: Clock) -> Person:
    """Give somebody of the first line."""
    return hire("dora", "Support desk")


@pytest.fixture
def sam(db: None, clock: Clock) -> Person:
    """Give somebody of senior support."""
    return hire("sam", "Senior support")


@pytest.fixture
def root(db: None, clock: Clock) -> Person:
    """Give somebody who may do everything."""
    return join("root", is_staff=True, is_superuser=True).set_up("totp")


@pytest.fixture
def no_check(db: None) -> None:
    """Let the policy want no verified caller."""
    Policy.objects.update_or_create(group=None, defaults={"caller_check": False})


def settle(person: Person, *, days: int = 30) -> None:
    """Let what a person set up be older than a week."""
    Enrolment.objects.filter(user=person.user).update(confirmed_at=timezone.now() - timedelta(days=days))


def verify(staff: User, person: User, here: Context) -> None:
    """Have a caller verified by calling back."""
    caller_verification.vouch(staff, person, "the number in the personnel file", here)

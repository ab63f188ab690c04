"""Fixtures for the support desk: a caller, and staff."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.support import caller_verification
from tests.simulated.people import Clock, Person, hire, join
from verification.context import Context
from verification.models import Enrolment, Policy


@pytest.fixture
def context(clock: Clock) -> Context:
    """The context of a support action."""
    return Context(now=clock.now, network="192.0.2.9")


@pytest.fixture
def dora(db: None, clock: Clock) -> Person:
    """A member of the support desk."""
    return hire("dora", "Support desk")


@pytest.fixture
def sam(db: None, clock: Clock) -> Person:
    """A member of senior support."""
    return hire("sam", "Senior support")


@pytest.fixture
def root(db: None, clock: Clock) -> Person:
    """A superuser."""
    return join("root", is_staff=True, is_superuser=True).set_up("totp")


@pytest.fixture
def no_check(db: None) -> None:
    """A policy without caller verification."""
    Policy.objects.update_or_create(group=None, defaults={"caller_check": False})


def settle(person: Person, *, days: int = 30) -> None:
    """Make a user's methods old enough to verify a caller."""
    Enrolment.objects.filter(user=person.user).update(confirmed_at=timezone.now() - timedelta(days=days))


def verify(staff: User, person: User, context: Context) -> None:
    """Verify a caller by calling back."""
    caller_verification.vouch(staff, person, "the number in the personnel file", context)


@pytest.fixture
def fay(db: None, clock: Clock) -> Person:
    person = hire("fay", "Administrators")
    person.sign_in(to="/admin/")
    return person

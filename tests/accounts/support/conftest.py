"""Fixtures for the support desk: a caller, and staff."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.support import caller_verification
from tests.simulated.people import Clock, Person
from tests.simulated.signed_in_staff import fay
from tests.simulated.staff import dora, root, sam
from tests.simulated.support_desk import no_check
from verification.context import Context
from verification.models import Enrolment

__all__ = ["dora", "fay", "no_check", "root", "sam"]


@pytest.fixture
def context(clock: Clock) -> Context:
    """The context of a support action."""
    return Context(now=clock.now, network="192.0.2.9")


def settle(person: Person, *, days: int = 30) -> None:
    """Make a user's methods old enough to verify a caller."""
    Enrolment.objects.filter(user=person.user).update(confirmed_at=timezone.now() - timedelta(days=days))


def verify(staff: User, person: User, context: Context) -> None:
    """Verify a caller by calling back."""
    caller_verification.vouch(staff, person, "the number in the personnel file", context)

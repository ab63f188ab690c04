"""Support actions that run at the same time, on the real database."""

from collections.abc import Callable

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.support.actions import Actor, Unneeded
from tests.infrastructure.concurrency import together
from tests.simulated.people import Person, join
from verification import enrolments
from verification.context import Context

ROUNDS = 20


def actor(staff: User) -> Actor:
    return Actor(staff=staff, context=Context(now=timezone.now()), reason="asked", ticket="1")


def at_once(*runs: Callable[[], object]) -> list[BaseException]:
    """Run several functions at the same time, and return the errors."""
    told = (Unneeded, enrolments.NotAssigned)
    return [each for each in together(*runs) if isinstance(each, BaseException) and not isinstance(each, told)]


def equipped(name: str, *methods: str) -> Person:
    """Create a person with several methods on one phone."""
    with transaction.atomic():
        return join(name, number="+41795550123").set_up(*methods)

"""Fixtures for a user's options and methods."""

from datetime import datetime

from tests.verification.conftest import BINDING, Desk
from verification import challenges, enrolments
from verification.models import Failure
from verification.outcomes import Outcome


def options(desk: Desk) -> tuple[enrolments.Option, ...]:
    return enrolments.options(enrolments.confirmed(desk.user.pk), desk.rules.methods, now=desk.context.now)


def default(desk: Desk) -> str:
    chosen = enrolments.default(options(desk), now=desk.context.now)
    return chosen.method if chosen else ""


def enrol(desk: Desk, method: str, binding: str = BINDING, **fields: str) -> Outcome:
    return challenges.enrol(desk.user, method, fields, binding=binding, context=desk.context, rules=desk.rules)


def prove(desk: Desk, issued: Outcome, binding: str = BINDING) -> None:
    assert desk.answer(issued, desk.code(issued), binding=binding).proven


def methods(desk: Desk) -> list[str]:
    return [each.enrolment.method for each in enrolments.confirmed(desk.user.pk)]


def fail(desk: Desk, method: str, *, locked_at: datetime | None = None, next_at: datetime | None = None) -> None:
    Failure.objects.create(user=desk.user, method=method, consecutive=9, locked_at=locked_at, next_at=next_at)

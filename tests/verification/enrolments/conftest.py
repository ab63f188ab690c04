"""Fixtures for a user's options and methods."""

from datetime import datetime

from tests.verification.conftest import BINDING, EngineUser
from verification import challenges, enrolments
from verification.models import Failure
from verification.outcomes import Outcome


def options(who: EngineUser) -> tuple[enrolments.Option, ...]:
    return enrolments.options(enrolments.confirmed(who.user.pk), who.rules.methods, now=who.context.now)


def default(who: EngineUser) -> str:
    chosen = enrolments.default(options(who), now=who.context.now)
    return chosen.method if chosen else ""


def enrol(who: EngineUser, method: str, binding: str = BINDING, **fields: str) -> Outcome:
    return challenges.enrol(who.user, method, fields, binding=binding, context=who.context, rules=who.rules)


def prove(who: EngineUser, issued: Outcome, binding: str = BINDING) -> None:
    assert who.answer(issued, who.code(issued), binding=binding).proven


def methods(who: EngineUser) -> list[str]:
    return [each.enrolment.method for each in enrolments.confirmed(who.user.pk)]


def fail(who: EngineUser, method: str, *, locked_at: datetime | None = None, next_at: datetime | None = None) -> None:
    Failure.objects.create(user=who.user, method=method, consecutive=9, locked_at=locked_at, next_at=next_at)

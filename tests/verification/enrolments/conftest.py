"""Fixtures for a user's options and methods."""

from datetime import datetime

from tests.verification.conftest import BINDING, EngineUser
from verification import challenges, enrolments
from verification.models import Failure
from verification.outcomes import Outcome


def options(engine_user: EngineUser) -> tuple[enrolments.Option, ...]:
    return enrolments.options(
        enrolments.confirmed(engine_user.user.pk), engine_user.rules.methods, now=engine_user.context.now
    )


def default(engine_user: EngineUser) -> str:
    chosen = enrolments.default(options(engine_user))
    return chosen.method if chosen else ""


def enrol(engine_user: EngineUser, method: str, binding: str = BINDING, **fields: str) -> Outcome:
    return challenges.enrol(
        engine_user.user, method, fields, binding=binding, context=engine_user.context, rules=engine_user.rules
    )


def prove(engine_user: EngineUser, issued: Outcome, binding: str = BINDING) -> None:
    assert engine_user.answer(issued, engine_user.code(issued), binding=binding).proven


def methods(engine_user: EngineUser) -> list[str]:
    return [each.enrolment.method for each in enrolments.confirmed(engine_user.user.pk)]


def fail(
    engine_user: EngineUser, method: str, *, locked_at: datetime | None = None, next_at: datetime | None = None
) -> None:
    Failure.objects.create(user=engine_user.user, method=method, consecutive=9, locked_at=locked_at, next_at=next_at)

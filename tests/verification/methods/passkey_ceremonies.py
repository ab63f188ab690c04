"""Setting up and using a passkey, as tests do it."""

from typing import Any

from django.utils import timezone

from tests.simulated.passkeys import Key
from tests.verification.conftest import BINDING, EngineUser
from verification import challenges, outcomes
from verification.methods.passkey.method import method
from verification.models import Enrolment, Purpose
from verification.outcomes import Outcome


def options(issued: Outcome, engine_user: EngineUser, *, binding: str = BINDING) -> str:
    """Read what the page hands to the browser."""
    shown = challenges.show(issued.handle, binding=binding, now=engine_user.context.now)
    assert shown is not None
    return str(shown.show["options"])


def begin_registration(engine_user: EngineUser, *, binding: str = BINDING, name: str = "") -> Outcome:
    return challenges.enrol(
        engine_user.user,
        "passkey",
        {"name": name},
        binding=binding,
        context=engine_user.context,
        rules=engine_user.rules,
    )


def register(engine_user: EngineUser, key: Key, *, name: str = "") -> Outcome:
    issued = begin_registration(engine_user, name=name)
    return engine_user.answer(issued, key.make(options(issued, engine_user)))


def start_challenge(engine_user: EngineUser, *, at: int = 0, binding: str = BINDING) -> Outcome:
    """Ask for one of the person's keys."""
    return challenges.start(
        Enrolment.objects.filter(user=engine_user.user, method="passkey", confirmed=True).order_by("pk")[at],
        user=engine_user.user,
        purpose=Purpose.SIGN_IN,
        binding=binding,
        context=engine_user.context,
        rules=engine_user.rules,
    )


def use_key(engine_user: EngineUser, key: Key, **lies: Any) -> Outcome:
    issued = start_challenge(engine_user)
    return engine_user.answer(issued, key.sign(options(issued, engine_user), **lies))


FRAMED = ({"crossOrigin": True}, {"topOrigin": "https://evil.example"}, {"crossOrigin": "false"}, {"crossOrigin": None})


def cause(outcome: Outcome) -> str:
    """Return which cause of a failure the person reads about."""
    titles = {str(title): cause for cause, (title, _) in method.causes.items()}
    return titles[outcomes.words(outcome, now=timezone.now()).title]

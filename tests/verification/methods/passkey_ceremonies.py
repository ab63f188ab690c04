"""Setting up and using a passkey, as tests do it."""

from typing import Any

from django.utils import timezone

from tests.simulated.passkeys import Key
from tests.verification.conftest import BINDING, Desk
from verification import challenges, outcomes
from verification.models import Enrolment, Purpose
from verification.outcomes import Outcome


def options(issued: Outcome, desk: Desk, *, binding: str = BINDING) -> str:
    """Read what the page hands to the browser."""
    shown = challenges.show(issued.handle, binding=binding, now=desk.context.now)
    assert shown is not None
    return str(shown.show["options"])


def begin(desk: Desk, *, binding: str = BINDING, name: str = "") -> Outcome:
    return challenges.enrol(
        desk.user, "passkey", {"name": name}, binding=binding, context=desk.context, rules=desk.rules
    )


def register(desk: Desk, key: Key, *, name: str = "") -> Outcome:
    issued = begin(desk, name=name)
    return desk.answer(issued, key.make(options(issued, desk)))


def ask(desk: Desk, *, at: int = 0, binding: str = BINDING) -> Outcome:
    """Ask for one of the person's keys."""
    return challenges.start(
        Enrolment.objects.filter(user=desk.user, method="passkey", confirmed=True).order_by("pk")[at],
        user=desk.user,
        purpose=Purpose.SIGN_IN,
        binding=binding,
        context=desk.context,
        rules=desk.rules,
    )


def use(desk: Desk, key: Key, **lies: Any) -> Outcome:
    issued = ask(desk)
    return desk.answer(issued, key.sign(options(issued, desk), **lies))


FRAMED = ({"crossOrigin": True}, {"topOrigin": "https://evil.example"}, {"crossOrigin": "false"}, {"crossOrigin": None})


def title(outcome: Outcome) -> str:
    return outcomes.words(outcome, now=timezone.now()).title

"""A process that guesses from many sessions at once, to be killed in the middle. Arguments: see `command`.

It writes one line for each answer that is looked at, at the moment of the look. With `late` it counts a failure only
after the look, as a naive limit does.
"""

import json
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from verification.method_base import ChallengeData, Check

PAUSE = 0.5  # seconds after each look: as long as a slow comparison could take, and room for a kill
N_AT_ONCE = 12


def command(guesses: Sequence[tuple[str, str]], *, now: datetime, is_late: bool) -> tuple[str, ...]:
    """Return the command line for guesses, each a challenge's handle and its session's binding."""
    return (
        sys.executable,
        "-m",
        "tests.verification.guessing_process",
        json.dumps([now.isoformat(), is_late, list(guesses)]),
    )


def _tell_each_look() -> None:
    from verification import method_registry

    method = method_registry.method("totp")
    check = method.check

    def told(challenge: "ChallengeData", answer: str) -> "Check":
        os.write(1, b"looked\n")
        time.sleep(PAUSE)
        return check(challenge, answer)

    method.check = told  # type: ignore[method-assign]  # to be told


def _count_late() -> None:
    from verification import limits
    from verification.challenges import attempts

    count, wrong = limits.reserve, attempts.fail

    def late(challenge: Any, gate: Any, context: Any, **more: Any) -> Any:
        count(challenge.user.pk, challenge.enrolment.method, now=context.now)
        return wrong(challenge, gate, context, **more)

    limits.reserve = lambda user_id, method, *, now, **_: limits.gate(user_id, method, now=now)
    attempts.fail = late


def main() -> None:
    """Guess until everything is tried, or until someone kills us."""
    import django

    django.setup()
    from verification import challenges
    from verification.context import Context

    moment, is_late, guesses = json.loads(sys.argv[1])
    context = Context(now=datetime.fromisoformat(moment), network="192.0.2.66")
    _tell_each_look()
    if is_late:
        _count_late()
    os.write(1, b"ready\n")
    with ThreadPoolExecutor(N_AT_ONCE) as pool:
        for guess in guesses:
            pool.submit(challenges.answer, guess[0], "000000", binding=guess[1], context=context)


if __name__ == "__main__":
    main()

"""Many submissions at once: one correct code opens once, and wrong guesses are counted before they are looked at.

Each race is also run with its guard taken out and must then show a double, or it would prove nothing.
"""

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.test import override_settings

from tests.infrastructure.concurrency import ConcurrentThreads
from tests.infrastructure.rounds import race_rounds
from tests.verification.conftest import EngineUser, app_code
from tests.verification.requests_at_once import PAUSE, sessions_with_open_challenges, without_transaction
from verification import challenges, enrolments
from verification.challenges import loading_and_session_binding
from verification.context import Context
from verification.models import Challenge, ChallengeState, Enrolment, Failure, Message, SingleUseCode
from verification.outcomes import Outcome, Verdict

N_AT_ONCE = 20
# Of each half. The guards were taken out as below, but without the pause, and but for recovery codes, in transactions.
ROUNDS = {
    "text": race_rounds(2, shown=51, of=60),
    "call": race_rounds(2, shown=41, of=60),
    "totp": race_rounds(2, shown=59, of=60),
    "recovery": race_rounds(2, shown=43, of=48),
}

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def threads() -> ConcurrentThreads:
    return ConcurrentThreads(N_AT_ONCE)


# One correct code -------------------------------------------------------------------------------------------------


def _text(engine_user: EngineUser) -> Callable[[int], Outcome]:
    issued = engine_user.start("text")
    code = engine_user.code(issued)
    return lambda _: engine_user.answer(issued, code)


def _call(engine_user: EngineUser) -> Callable[[int], Outcome]:
    """Every fifth submission comes with the keys pressed once more; the others take up what was approved before."""
    issued = engine_user.start("call")
    message = Message.objects.get(challenge__handle=issued.handle)
    keys = f"{engine_user.match(issued)}#"
    if issued.handle < "8":  # in one half of the rounds the first keys are pressed in the middle of the rush
        challenges.keyed(message.handle, keys, now=engine_user.context.now)

    def approve(number: int) -> Outcome:
        if number % 5 == 0:
            challenges.keyed(message.handle, keys, now=engine_user.context.now)
        return engine_user.collect(issued)

    return approve


def _totp(engine_user: EngineUser) -> Callable[[int], Outcome]:
    """Each submission comes from a session of its own: the spent step is all that stops the second one."""
    right = app_code(engine_user.enrolment("totp"), engine_user.context.now)
    issued, binding = sessions_with_open_challenges(engine_user, "totp", N_AT_ONCE)
    return lambda n: engine_user.answer(issued[n], right, binding=binding(n))


def _recovery(engine_user: EngineUser) -> Callable[[int], Outcome]:
    Enrolment.objects.filter(user=engine_user.user, method="recovery").delete()
    code = enrolments.issue_recovery_codes(engine_user.user, engine_user.context, method_name="recovery")[0]
    issued, binding = sessions_with_open_challenges(engine_user, "recovery", N_AT_ONCE)
    return lambda n: engine_user.answer(issued[n], code, binding=binding(n))


RACES = {"text": _text, "call": _call, "totp": _totp, "recovery": _recovery}


def _rounds(racer: EngineUser, method: str, threads: ConcurrentThreads, turns: range) -> list[int]:
    """Run the race several times, each in its own time so that no limit interferes; gives the successes of each."""
    successes = []
    for turn in turns:
        outcomes = threads.rush(RACES[method](racer.later(hours=2 * turn + 1)))
        successes.append(sum(outcome.proven for outcome in outcomes))
        Failure.objects.all().delete()
        Challenge.objects.all().delete()
    return successes


# Tries and waits stop most of twenty answers before the last guard; without them all reach it.
_open_limits = override_settings(
    VERIFICATION_ATTEMPTS_PER_CHALLENGE=500, VERIFICATION_FAILURES_BEFORE_DELAY=500, VERIFICATION_LOCKOUT_THRESHOLD=500
)


@pytest.mark.parametrize("method", RACES)
def test_one_right_code_opens_once(method: str, racer: EngineUser, threads: ConcurrentThreads) -> None:
    """Half of the rounds as in service, half with tries and waits out of the way, so that all reach the last guard.

    Seen failing with the guards taken out, which the tests below do.
    """
    half = ROUNDS[method]
    successes = _rounds(racer, method, threads, range(half))
    with _open_limits:
        successes += _rounds(racer, method, threads, range(half, 2 * half))

    assert successes == [1] * 2 * half


def _unguarded_use(enrolment: Enrolment, *, counter: int | None, now: Any, then: Any, **_: Any) -> None:
    row = Enrolment.objects.get(pk=enrolment.pk)
    if counter is not None and row.counter >= counter:
        then([])
        return
    time.sleep(PAUSE)
    Enrolment.objects.filter(pk=enrolment.pk).update(counter=counter or row.counter, last_used_at=now)
    then([{}])


def _unguarded_code(code_id: int, *, now: Any) -> bool:
    if SingleUseCode.objects.get(pk=code_id).used_at:
        return False
    time.sleep(PAUSE)
    SingleUseCode.objects.filter(pk=code_id).update(used_at=now)
    return True


def _unguarded_prove(challenge: Challenge, check: Any, context: Context, **_: Any) -> Outcome:
    if Challenge.objects.get(pk=challenge.pk).state != ChallengeState.OPEN:
        return Outcome.of(challenge, Verdict.USED)
    time.sleep(PAUSE)
    Challenge.objects.filter(pk=challenge.pk).update(state=ChallengeState.PROVEN)
    return Outcome.of(challenge, Verdict.PROVEN)


def _unguarded_collect(handle: str, *, binding: str, context: Context, **_: Any) -> Outcome:
    challenge = loading_and_session_binding.load(handle, binding)
    assert challenge is not None
    if challenge.state != ChallengeState.APPROVED:
        return Outcome.of(challenge, Verdict.PENDING)
    time.sleep(PAUSE)
    Challenge.objects.filter(pk=challenge.pk).update(state=ChallengeState.PROVEN)
    return Outcome.of(challenge, Verdict.PROVEN)


GUARDS: dict[str, tuple[str, Any]] = {
    "text": ("verification.challenges.correct_answers.prove", _unguarded_prove),
    "call": ("verification.challenges.collect", _unguarded_collect),
    "totp": ("verification.enrolments.use_later", _unguarded_use),
    "recovery": ("verification.enrolments.spend_single_use_code", _unguarded_code),
}


@pytest.mark.parametrize("method", RACES)
def test_race_shows_a_missing_guard(
    method: str, racer: EngineUser, threads: ConcurrentThreads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(*GUARDS[method])
    without_transaction(monkeypatch)

    with _open_limits:
        assert any(max(_rounds(racer, method, threads, range(n, n + 1))) > 1 for n in range(30))

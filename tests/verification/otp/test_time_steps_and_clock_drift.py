"""Clocks that differ: what opens, what is learned, and what a code of the future is worth."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.verification.conftest import EngineUser, app_code
from verification import challenges
from verification.method_base import ChallengeData, Check
from verification.models import Enrolment
from verification.otp import time_steps_and_clock_drift
from verification.outcomes import Outcome, Verdict

NOW = datetime(2026, 3, 2, 8, 0, 0, tzinfo=UTC)
ASK = ChallengeData(reference="K4", mode="", now=NOW, code="", match_code="")


@dataclass
class DriftingDevice:
    """A device whose clock is off, and what the engine keeps of it."""

    off: float
    step: int = 30
    counter: int = -1
    data: dict[str, Any] = field(default_factory=dict)

    def types(self, seconds: float, *, late: float = 0, is_enrolment: bool = False) -> Verdict:
        """Type at an instant what the device showed a little before; keeps what was learned, as the engine does."""
        shown = int((NOW.timestamp() + seconds - late + self.off) // self.step)
        ask = replace(ASK, now=NOW + timedelta(seconds=seconds), counter=self.counter, data=self.data)
        check = time_steps_and_clock_drift.check(
            str, replace(ask, is_enrolment=is_enrolment), str(shown), seconds=self.step
        )
        return self._keep(check)

    def _keep(self, check: Check) -> Verdict:
        kept = {**self.data, **check.learned}
        self.data = {name: value for name, value in kept.items() if value is not None}
        if check.verdict is Verdict.PROVEN and check.counter is not None:
            self.counter = check.counter
        return check.verdict


@pytest.mark.parametrize("step", [30, 60])
@pytest.mark.parametrize("off", [-110, -60, -31, -5, 0, 5, 31, 60, 110])
def test_clock_is_learned_while_it_is_set_up(off: int, step: int) -> None:
    """It showed the same difference at each later sign-in, for which the help said that clocks may differ."""
    device = DriftingDevice(off, step)

    first = device.types(0, late=0, is_enrolment=True)
    later = [device.types(at * 3600 + 3 * at, late=3 + at % 4) for at in range(1, 9)]

    # Half a minute or a minute behind, seen once, may be slow typing as well: then one code more, once.
    assert first is Verdict.PROVEN
    assert later.count(Verdict.PROVEN) == 8 or off in {-31, -60}


@pytest.mark.parametrize(
    ("off", "verdict"), [(30, Verdict.PROVEN), (-30, Verdict.PROVEN), (61, Verdict.DRIFTED), (-61, Verdict.DRIFTED)]
)
def test_one_that_was_never_learned_may_be_one_step_off(off: int, verdict: Verdict) -> None:
    assert DriftingDevice(off).types(0) is verdict


@pytest.mark.parametrize("seconds", [25, 27.5, 29.9])
def test_code_of_the_future_opens_nothing_where_the_clock_is_right(seconds: float) -> None:
    """In the last five seconds of a step the code of the next one opened."""
    device = DriftingDevice(0)
    assert device.types(-3600, is_enrolment=True) is Verdict.PROVEN

    assert replace(device, off=30, data=dict(device.data)).types(seconds) is Verdict.DRIFTED


@pytest.mark.parametrize("off", [30, 45, 100, 290, -45, -100, -290])
def test_clock_that_went_wrong_is_learned_by_two_codes_in_a_row(off: int) -> None:
    device = DriftingDevice(0)
    device.types(-86_400, is_enrolment=True)
    device.off = off

    assert [device.types(at) for at in (0, 30, 3600, 7200)] == [Verdict.DRIFTED, *[Verdict.PROVEN] * 3]


def test_clock_that_was_set_right_again_is_learned_too() -> None:
    device = DriftingDevice(100)
    device.types(-86_400, is_enrolment=True)
    device.off = 0

    assert [device.types(at) for at in (0, 30, 3600)] == [Verdict.DRIFTED, Verdict.PROVEN, Verdict.PROVEN]


@pytest.mark.parametrize("off", [330, -330, 86_400])
def test_clock_further_off_is_never_learned(off: int) -> None:
    device = DriftingDevice(off)

    assert {device.types(at) for at in (0, 30, 60)} == {Verdict.WRONG}


def test_the_same_code_twice_is_no_second_code() -> None:
    """Seen failing with the second code only compared with the first, and not with the time that passed."""
    device = DriftingDevice(0, data={"lead": 0})
    device.off = 100

    assert [device.types(0), device.types(5)] == [Verdict.DRIFTED] * 2


def test_two_old_codes_typed_at_once_open_nothing() -> None:
    """Someone who wrote down two codes in a row has to wait as long between them as the device did."""
    device = DriftingDevice(0, data={"lead": 0})

    assert [device.types(0, late=200), device.types(1, late=110)] == [Verdict.DRIFTED] * 2


def test_code_older_than_the_last_used_one_is_worth_nothing() -> None:
    device = DriftingDevice(0, data={"lead": 0})
    assert device.types(0) is Verdict.PROVEN

    assert [device.types(90, late=180), device.types(120, late=180)] == [Verdict.WRONG] * 2


def test_slow_typing_is_not_learned_as_clock_drift() -> None:
    device = DriftingDevice(0)
    device.types(0, is_enrolment=True)

    assert device.types(3629, late=28) is Verdict.PROVEN
    assert device.data == {"lead": 0}


# Through the engine --------------------------------------------------------------------------------------------


def _at(engine_user: EngineUser, off: float, *, binding: str) -> Outcome:
    issued = engine_user.start("totp", binding=binding)
    code = app_code(engine_user.enrolment("totp"), engine_user.context.now + timedelta(seconds=off))
    return engine_user.answer(issued, code, binding=binding)


def test_engine_keeps_what_was_learned(ana: EngineUser) -> None:
    """A phone two minutes ahead: the first code costs a try and says what to do, the second opens, so do all later."""
    first = _at(ana.later(minutes=5), 120, binding="a")
    second = _at(ana.later(minutes=5, seconds=31), 120, binding="b")
    third = _at(ana.later(hours=5), 120, binding="c")

    assert [first.verdict, second.verdict, third.verdict] == [Verdict.DRIFTED, Verdict.PROVEN, Verdict.PROVEN]
    assert first.tries_left == 4
    assert Enrolment.objects.get(user=ana.user, method="totp").data["lead"] > 60


def test_code_that_is_far_off_counts_as_a_wrong_one(ana: EngineUser) -> None:
    issued = ana.later(minutes=5).start("totp")
    code = app_code(ana.enrolment("totp"), ana.context.now + timedelta(minutes=8))

    verdicts = [
        challenges.answer(issued.handle, code, binding="a session", context=ana.later(minutes=5).context).verdict
    ]
    verdicts += [ana.later(minutes=5).answer(issued, code).verdict for _ in range(4)]

    assert verdicts == [Verdict.DRIFTED] * 4 + [Verdict.ENDED]

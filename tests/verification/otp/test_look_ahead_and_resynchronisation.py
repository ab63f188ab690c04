"""Tokens out of step: how far a code may be ahead, and two codes in a row."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from verification.method_base import ChallengeData, Check
from verification.otp import look_ahead_and_resynchronisation, time_steps_and_clock_drift
from verification.otp.hardware_token_codes import DIGITS, Scheme
from verification.outcomes import Verdict

SECRET = b"12345678901234567890"
NOON = datetime(2026, 3, 2, 12, 0, 10, tzinfo=UTC)
ASK = ChallengeData(reference="K4", mode="", now=NOON, code="", match_code="", counter=50)
CODE_AT = partial(Scheme(is_counted=True).code, SECRET)


def check_ahead(ahead: int, **kept: Any) -> Check:
    """Type the code that stands so far after the last used one."""
    return look_ahead_and_resynchronisation.by_counter(CODE_AT, replace(ASK, data=kept), CODE_AT(50 + ahead))


def press_twice(first: int, second: int, scheme: Scheme | None = None) -> Check:
    code_at = partial((scheme or Scheme(is_counted=True)).code, SECRET)
    return look_ahead_and_resynchronisation.both(code_at, ASK, code_at(50 + first), code_at(50 + second), seconds=0)


def type_two(ahead: int, *, counter: int = -1) -> Check:
    """Type two codes in a row of a token whose clock is so far ahead."""
    code_at, ask = partial(Scheme().code, SECRET), replace(ASK, counter=counter)
    step = Scheme().at(NOON.timestamp() + ahead)
    return look_ahead_and_resynchronisation.both(code_at, ask, code_at(step - 1), code_at(step), seconds=30)


@pytest.mark.parametrize(
    ("ahead", "verdict"),
    [
        (1, Verdict.PROVEN),
        (10, Verdict.PROVEN),
        (11, Verdict.DRIFTED),
        (1_000, Verdict.DRIFTED),
        (1_001, Verdict.WRONG),
        (0, Verdict.USED),
        (-1, Verdict.WRONG),
    ],
)
def test_counter_opens_ten_ahead_and_is_noted_further_on(ahead: int, verdict: Verdict) -> None:
    assert check_ahead(ahead).verdict is verdict


def test_code_after_one_that_was_noted_opens() -> None:
    noted = check_ahead(300).learned

    assert check_ahead(301, **noted) == Check(
        verdict=Verdict.PROVEN, counter=351, learned={time_steps_and_clock_drift.NEAR: None}
    )


@pytest.mark.parametrize("ahead", [300, 299, 302, 400])
def test_any_other_code_after_one_that_was_noted_opens_not(ahead: int) -> None:
    assert check_ahead(ahead, **check_ahead(300).learned).verdict is Verdict.DRIFTED


@pytest.mark.parametrize("digits", DIGITS)
@pytest.mark.parametrize(
    ("ahead", "verdict"), [(1, Verdict.PROVEN), (1_000, Verdict.PROVEN), (1_001, Verdict.WRONG), (-1, Verdict.WRONG)]
)
def test_two_codes_in_a_row_open_far_ahead(ahead: int, verdict: Verdict, digits: int) -> None:
    check = press_twice(ahead, ahead + 1, Scheme(is_counted=True, digits=digits))

    assert check.verdict is verdict
    assert check.counter == (51 + ahead if verdict is Verdict.PROVEN else None)


@pytest.mark.parametrize(("first", "second"), [(20, 22), (22, 20), (20, 20), (0, 1)])
def test_two_codes_that_are_not_both_new_and_in_a_row_are_wrong(first: int, second: int) -> None:
    assert press_twice(first, second).verdict is Verdict.WRONG


@pytest.mark.parametrize("ahead", [-3_500, -600, -61, 0, 61, 600, 3_500])
def test_two_codes_set_a_clock_that_is_far_off(ahead: int) -> None:
    code_at = partial(Scheme().code, SECRET)

    check = type_two(ahead)

    assert check.verdict is Verdict.PROVEN
    later = NOON + timedelta(minutes=10)
    shown = code_at(Scheme().at(later.timestamp() + ahead))
    ask = replace(ASK, now=later, counter=check.counter or 0, data=check.learned)
    assert time_steps_and_clock_drift.check(code_at, ask, shown, seconds=30).verdict is Verdict.PROVEN


@pytest.mark.parametrize("ahead", [3_700, -3_700])
def test_clock_more_than_an_hour_off_is_not_set(ahead: int) -> None:
    assert type_two(ahead).verdict is Verdict.WRONG


def test_two_codes_of_before_the_last_used_one_are_used() -> None:
    assert type_two(0, counter=Scheme().at(NOON.timestamp())).verdict is Verdict.USED

"""Tests of the Temporary Access Pass that support issues."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.contrib.auth.hashers import make_password

from verification.method_base import ChallengeData, FoundCode
from verification.method_capabilities import Temporary
from verification.methods.access_pass.method import method
from verification.outcomes import Verdict

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
PASS = "ABCD2345"


def challenge_data(find: Callable[[str], FoundCode | None], *, once: bool = False) -> ChallengeData:
    return ChallengeData(
        reference="K4", mode="", now=NOW, code="012345", match_code="47", find=find, data={"once": once}
    )


def finder_of_pass(*, is_used: bool = False) -> Callable[[str], FoundCode | None]:
    found = FoundCode(id=7, hash=make_password(PASS), is_used=is_used)
    return lambda first: found if first == PASS[:4] else None


@pytest.mark.parametrize(("wanted", "given"), [(8, 8), (20, 20), (48, 48), (1, 8), (99, 48)])
def test_draws_a_pass_of_the_wanted_length(wanted: int, given: int) -> None:
    ((first, whole),) = method.enrol({"length": wanted}, account="ana").single_use_codes

    assert len(whole) == given
    assert whole.startswith(first)


def test_draws_another_one_each_time() -> None:
    assert len({method.enrol({}, account="ana").single_use_codes for _ in range(50)}) == 50


def test_works_again_and_again_unless_it_is_good_once() -> None:
    assert method.check(challenge_data(finder_of_pass()), PASS).single_use_code is None
    assert method.check(challenge_data(finder_of_pass(), once=True), PASS).single_use_code == 7


def test_says_that_a_pass_was_used_to_anyone_who_has_it() -> None:
    assert method.check(challenge_data(finder_of_pass(is_used=True), once=True), PASS).verdict is Verdict.USED
    assert method.check(challenge_data(finder_of_pass(is_used=True), once=True), "ABCDXXXX").verdict is Verdict.WRONG


@pytest.mark.parametrize("answer", ["", "ABCD", "ABCD2346", "ABCD23456", "2345ABCD"])
def test_refuses_all_but_the_pass(answer: str) -> None:
    assert method.check(challenge_data(finder_of_pass()), answer).verdict is Verdict.WRONG


def test_is_no_lasting_way_and_is_never_offered() -> None:
    assert isinstance(method, Temporary)

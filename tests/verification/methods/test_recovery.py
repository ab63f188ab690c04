"""Tests of recovery codes: ten codes on paper, each of which works once."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.contrib.auth.hashers import make_password

from verification.method_base import ChallengeData, FoundCode
from verification.method_capabilities import Backup, Delivered
from verification.methods.recovery.method import method
from verification.outcomes import Verdict

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
CODE = "ABCDEFGH23456789"


def challenge_data(find: Callable[[str], FoundCode | None]) -> ChallengeData:
    return ChallengeData(reference="K4", mode="", now=NOW, code="012345", match_code="47", find=find)


def finder_of_code(code: str, *, is_used: bool = False) -> Callable[[str], FoundCode | None]:
    found = FoundCode(id=7, hash=make_password(code), is_used=is_used)
    return lambda first: found if first == code[:8] else None


def test_makes_ten_codes_that_differ() -> None:
    single_use_codes = method.enrol({}, account="ana").single_use_codes

    assert len({whole for _, whole in single_use_codes}) == len({first for first, _ in single_use_codes}) == 10
    assert all(whole.startswith(first) and len(whole) == 16 for first, whole in single_use_codes)


def test_uses_signs_that_cannot_be_taken_for_one_another() -> None:
    signs = {sign for _ in range(30) for _, whole in method.enrol({}, account="ana").single_use_codes for sign in whole}

    assert not signs & set("0O1I")
    assert len(signs) == 32


def test_takes_a_code_and_names_what_it_uses_up() -> None:
    check = method.check(challenge_data(finder_of_code(CODE)), CODE)

    assert (check.verdict, check.single_use_code) == (Verdict.PROVEN, 7)


def test_says_that_a_code_was_used() -> None:
    assert method.check(challenge_data(finder_of_code(CODE, is_used=True)), CODE).verdict is Verdict.USED


@pytest.mark.parametrize("answer", ["", CODE[:8], f"{CODE[:8]}XXXXXXXX", f"{CODE}X", CODE[8:], "012345"])
def test_refuses_all_but_the_codes(answer: str) -> None:
    assert method.check(challenge_data(finder_of_code(CODE)), answer).verdict is Verdict.WRONG


def test_says_used_only_to_anyone_who_has_the_whole_code() -> None:
    """The first half alone must not tell that a code was there."""
    assert (
        method.check(challenge_data(finder_of_code(CODE, is_used=True)), f"{CODE[:8]}XXXXXXXX").verdict is Verdict.WRONG
    )


def test_needs_no_proof_and_is_kept_for_bad_days() -> None:
    assert isinstance(method, Backup)
    assert not isinstance(method, Delivered)

"""Codes are derived, not stored: six digits of their challenge, generation, nonce and key."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verification.keys import one_time_codes

KEY = {"handle": "a" * 32, "nonce": "b" * 32, "key_id": ""}


def test_has_six_digits_zeros_included() -> None:
    drawn = [one_time_codes.derive(generation=n, **KEY) for n in range(2000)]

    assert all(len(code) == 6 and code.isdigit() for code in drawn)
    assert any(code.startswith("0") for code in drawn)


def test_gives_the_same_code_to_sender_and_checker() -> None:
    assert one_time_codes.derive(generation=1, **KEY) == one_time_codes.derive(generation=1, **KEY)


@pytest.mark.parametrize("change", [{"handle": "c" * 32}, {"nonce": "c" * 32}, {"generation": 2}])
def test_gives_another_code_to_another_challenge(change: dict[str, object]) -> None:
    given_here = {"generation": 1, **KEY} | change

    assert one_time_codes.derive(**given_here) != one_time_codes.derive(generation=1, **KEY)  # type: ignore[arg-type]  # mixed values


def test_digits_are_spread_evenly() -> None:
    drawn = Counter(one_time_codes.derive(generation=n, **KEY)[0] for n in range(5000))

    assert all(350 < count < 650 for count in drawn.values())


def test_digits_of_a_call_are_two_and_do_not_begin_with_zero() -> None:
    drawn = {one_time_codes.match_code(handle=f"{n:032x}", nonce="b" * 32, key_id="") for n in range(3000)}

    assert drawn == {str(n) for n in range(10, 100)}


@given(st.text(max_size=50))
def test_compares_any_text(text: str) -> None:
    assert one_time_codes.same(text, text)
    assert not one_time_codes.same(text, f"{text}1")

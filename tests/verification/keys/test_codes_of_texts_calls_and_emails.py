"""Codes are derived, not stored: six digits of their challenge, generation, nonce and key."""

from collections import Counter

import pytest

from verification.keys import codes_of_texts_calls_and_emails

KEY = {"handle": "a" * 32, "nonce": "b" * 32, "key_id": ""}


def test_has_six_digits_zeros_included() -> None:
    drawn = [codes_of_texts_calls_and_emails.derive(generation=n, **KEY) for n in range(2000)]

    assert all(len(code) == 6 and code.isdigit() for code in drawn)
    assert any(code.startswith("0") for code in drawn)


def test_gives_the_same_code_to_sender_and_checker() -> None:
    assert codes_of_texts_calls_and_emails.derive(generation=1, **KEY) == codes_of_texts_calls_and_emails.derive(
        generation=1, **KEY
    )


@pytest.mark.parametrize("change", [{"handle": "c" * 32}, {"nonce": "c" * 32}, {"generation": 2}])
def test_gives_another_code_to_another_challenge(change: dict[str, object]) -> None:
    given_here = {"generation": 1, **KEY} | change

    changed = codes_of_texts_calls_and_emails.derive(**given_here)  # type: ignore[arg-type]  # mixed values

    assert changed != codes_of_texts_calls_and_emails.derive(generation=1, **KEY)


def test_digits_are_spread_evenly() -> None:
    drawn = Counter(codes_of_texts_calls_and_emails.derive(generation=n, **KEY)[0] for n in range(5000))

    assert all(350 < count < 650 for count in drawn.values())


def test_digits_of_a_call_are_two_and_do_not_begin_with_zero() -> None:
    drawn = {
        codes_of_texts_calls_and_emails.match_code(handle=f"{n:032x}", nonce="b" * 32, key_id="") for n in range(3000)
    }

    assert drawn == {str(n) for n in range(10, 100)}

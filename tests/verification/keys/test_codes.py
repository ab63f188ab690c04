"""Codes are derived, not stored: six digits of their challenge, generation, nonce and key."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verification.keys import codes

KEY = {"handle": "a" * 32, "nonce": "b" * 32, "key_id": ""}


def test_has_six_digits_zeros_included() -> None:
    drawn = [codes.derive(generation=n, **KEY) for n in range(2000)]

    assert all(len(code) == 6 and code.isdigit() for code in drawn)
    assert any(code.startswith("0") for code in drawn)


def test_gives_the_same_code_to_sender_and_checker() -> None:
    assert codes.derive(generation=1, **KEY) == codes.derive(generation=1, **KEY)


@pytest.mark.parametrize("change", [{"handle": "c" * 32}, {"nonce": "c" * 32}, {"generation": 2}])
def test_gives_another_code_to_another_challenge(change: dict[str, object]) -> None:
    given_here = {"generation": 1, **KEY} | change

    assert codes.derive(**given_here) != codes.derive(generation=1, **KEY)  # type: ignore[arg-type]  # mixed values


def test_digits_are_spread_evenly() -> None:
    drawn = Counter(codes.derive(generation=n, **KEY)[0] for n in range(5000))

    assert all(350 < count < 650 for count in drawn.values())


def test_digits_of_a_call_are_two_and_do_not_begin_with_zero() -> None:
    drawn = {codes.match_code(handle=f"{n:032x}", nonce="b" * 32, key_id="") for n in range(3000)}

    assert drawn == {str(n) for n in range(10, 100)}


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("123456", "123456"),
        (" 123 456 ", "123456"),
        ("123-456", "123456"),
        ("１２３４５６", "123456"),
        ("١٢٣٤٥٦", "123456"),
        ("۱۲۳ ۴۵۶", "123456"),
        ("१२३४५६", "123456"),
        ("\u2067১২৩৪৫৬\u2069", "123456"),
        ("๑๒๓-๔๕๖", "123456"),
        ("௧௨௩௪௫௬", "123456"),
        ("۴۷#", "47#"),
        ("abcd۲۳۴۵", "ABCD2345"),
        ("12\u00a034\u200956", "123456"),
        ("123456\n", "123456"),
        ("abcd-efgh", "ABCDEFGH"),
        ("47#", "47#"),
        ("", ""),
        ("\x00", ""),
    ],
)
def test_takes_what_people_type_and_paste(typed: str, read: str) -> None:
    assert codes.tidy(typed) == read


@given(st.text(max_size=200))
def test_folding_is_done_after_once(text: str) -> None:
    assert codes.tidy(codes.tidy(text)) == codes.tidy(text)


@given(st.text(max_size=50))
def test_compares_any_text(text: str) -> None:
    assert codes.same(text, text)
    assert not codes.same(text, f"{text}1")


TEXT = "Example Organisation: 123456 is your code for request K4. It works once, for 5 minutes.\n\n@example.org #123456"


@pytest.mark.parametrize(
    ("pasted", "code"),
    [
        (TEXT, "123456"),
        ("K4: 123456 is your code", "123456"),
        ("G-123456", "123456"),
        ("123 456", "123456"),
        ("1 2 3 4 5 6", "123456"),
        ("Your code is 123 456. Call 044 555 01 00 if you did not ask.", "123456"),
        ("Your code is 123-456.", "123456"),
        ("code:123456.", "123456"),
        ("رمزك هو ١٢٣٤٥٦", "123456"),
        ("您的验证码是：１２３４５６。", "123456"),
        ("12345", "12345"),
        ("1234567", "1234567"),
        ("+41 79 555 01 23", "41795550123"),
        ("123456 or 654321", "123456OR654321"),
        ("call 079 555 01 23", "CALL0795550123"),
        ("ABC123456", "ABC123456"),
        ("", ""),
    ],
)
def test_picks_the_one_code_out_of_what_was_pasted(pasted: str, code: str) -> None:
    assert codes.pick(pasted) == code


@given(st.text(max_size=200))
def test_picks_something_out_of_any_text(text: str) -> None:
    assert codes.pick(codes.pick(text)) == codes.pick(text)

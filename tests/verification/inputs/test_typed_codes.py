"""What people type or paste into the field for a code is read as they meant it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verification.inputs import typed_codes


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
    assert typed_codes.tidy(typed) == read


@given(st.text(max_size=200))
def test_folding_is_done_after_once(text: str) -> None:
    assert typed_codes.tidy(typed_codes.tidy(text)) == typed_codes.tidy(text)


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
        ("Your code is 123.456.", "123456"),
        ("code:123456.", "123456"),
        ("رمزك هو ١٢٣٤٥٦", "123456"),
        ("您的验证码是：１２３４５６。", "123456"),
        ("12345", "12345"),
        ("1234567", "1234567"),
        ("+41 79 555 01 23", "41795550123"),
        ("call 079.555.012", "CALL079555012"),
        ("it costs 1.123.456 or 123.456.789", "ITCOSTS1123456OR123456789"),
        ("123456 or 654321", "123456OR654321"),
        ("call 079 555 01 23", "CALL0795550123"),
        ("ABC123456", "ABC123456"),
        ("", ""),
    ],
)
def test_picks_the_one_code_out_of_what_was_pasted(pasted: str, code: str) -> None:
    assert typed_codes.pick(pasted) == code


@given(st.text(max_size=200))
def test_picks_something_out_of_any_text(text: str) -> None:
    assert typed_codes.pick(typed_codes.pick(text)) == typed_codes.pick(text)

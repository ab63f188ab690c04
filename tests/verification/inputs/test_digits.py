"""Digits of any script are read as 0 to 9."""

import sys
import unicodedata

import pytest

from verification.inputs import digits


@pytest.mark.parametrize(
    "typed",
    [
        "0123456789",
        "٠١٢٣٤٥٦٧٨٩",  # Arabic
        "۰۱۲۳۴۵۶۷۸۹",  # Persian, Urdu
        "०१२३४५६७८९",  # Devanagari
        "০১২৩৪৫৬৭৮৯",  # Bengali
        "๐๑๒๓๔๕๖๗๘๙",  # Thai
        "௦௧௨௩௪௫௬௭௮௯",  # Tamil
        "０１２３４５６７８９",  # fullwidth
    ],
)
def test_reads_digits_of_a_script(typed: str) -> None:
    assert digits.plain(typed) == "0123456789"


def test_reads_every_decimal_digit_of_unicode() -> None:
    every = [chr(n) for n in range(sys.maxunicode + 1) if unicodedata.category(chr(n)) == "Nd"]

    assert len(every) > 600
    assert {digits.plain(sign) for sign in every} == set("0123456789")


@pytest.mark.parametrize("text", ["abc", "ÄÖ é", "½²④", "Ⅷ", "", "\x00", "\ud800"])
def test_leaves_all_other_characters(text: str) -> None:
    assert digits.plain(text) == text

"""Tests of the reader of text: it never raises, and lets nothing through that a column can't hold."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verification import inputs
from verification.inputs import Flaw

ANYTHING = st.text(st.characters(exclude_categories=()))  # surrogates as well


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("plain", None),
        ("Zoë, Łukasz, 李, עברית", None),
        ("a\nb\tc", None),
        ("a\0b", Flaw.NUL),
        ("a\ud800b", Flaw.SURROGATE),
        ("\U0001f600", None),
        ("a" + "\u0301" * 30, None),
        ("a" + "\u0301" * 31, Flaw.MARKS),
        ("\u0300\u0315" * 16, Flaw.MARKS),
    ],
)
def test_tells_why_a_text_cannot_be_taken(text: str, found: Flaw | None) -> None:
    assert inputs.flaw(text) is found


def test_looks_at_a_flood_of_marks_in_a_moment() -> None:
    """Python's normal form takes 3 s of these."""
    begun = time.perf_counter()

    assert inputs.text("a" + "\u0315\u0300" * 40_000, max_length=100_000) is None
    assert time.perf_counter() - begun < 0.5


def test_composes_letters_with_their_accents() -> None:
    assert inputs.text("Zoe\u0308") == "Zo\u00eb"


@pytest.mark.parametrize("letter", ["ß", "İ", "ŉ", "ΐ", "ﬃ"])
def test_counts_letters_as_they_are_once_folded(letter: str) -> None:
    assert inputs.text(letter * 100, max_length=100) is None
    assert inputs.text(letter * 30, max_length=100) == letter * 30


def test_counts_letters_as_they_are_once_composed() -> None:
    assert inputs.text("\u0958" * 100, max_length=100) is None


def test_reads_a_line_without_breaks_and_overrides() -> None:
    assert inputs.line(" Ana\r\nBcc: all\x07 \u202ereversed\u202c ") == "Ana Bcc: all reversed"


@pytest.mark.parametrize("value", [None, 7, b"ana", ["ana"], "a\0"])
def test_reads_no_text_in_what_is_none(value: object) -> None:
    assert inputs.text(value) is None
    assert inputs.line(value) is None


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (7, ""),
        (" ana\r\n", "ana"),
        ("a\0b\ud800", "a\ufffdb\ufffd"),
        ("a" + "\u0301" * 40, "a\ufffd" + "\u0301" * 9),
        ("ß" * 100, "ß" * 25),
    ],
)
def test_shortens_to_what_can_be_stored(value: object, found: str) -> None:
    assert inputs.shortened(value, max_length=50) == found


@given(ANYTHING, st.integers(1, 50))
def test_shortens_any_value(value: str, most: int) -> None:
    found = inputs.shortened(value, max_length=most)

    assert len(found) <= len(found.casefold()) <= most
    assert inputs.flaw(found) is None

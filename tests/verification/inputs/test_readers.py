"""The reader of what comes from outside: it never raises, and lets nothing through that a column can't hold."""

import time
from datetime import date
from ipaddress import ip_address

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


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("7", 7),
        ("٧", 7),
        ("-7", None),
        ("9223372036854775807", 9223372036854775807),
        ("9223372036854775808", None),
        ("9" * 5000, None),
        ("1_000", None),
        ("+1", None),
        (" 1", None),
        ("²", None),
        ("", None),
        ("1e3", None),
        ("NaN", None),
    ],
)
def test_reads_whole_numbers_that_a_column_holds(value: str, found: int | None) -> None:
    assert inputs.number(value) == found


def test_reads_negative_numbers_where_they_are_meant() -> None:
    assert inputs.number("-7", least=-10) == -7
    assert inputs.number("-11", least=-10) is None


def test_reads_so_many_numbers_and_no_more() -> None:
    assert inputs.numbers(["1, 2,x", "3," * 100_000], most=4) == [1, 2, 3, 3]


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("2026-03-02", date(2026, 3, 2)),
        ("1899-12-31", None),
        ("2200-01-01", None),
        ("0001-01-01", None),
        ("9999-12-31", None),
        ("2026-02-30", None),
        ("20260302", None),
        ("2026-W10-1", None),
        ("", None),
        (None, None),
    ],
)
def test_reads_days_that_every_time_zone_holds(value: object, found: date | None) -> None:
    assert inputs.day(value) == found


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("192.0.2.7", "192.0.2.7"),
        (" 192.0.2.7 ", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:DB8::1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        (f"fe80::1%{'z' * 200}", "fe80::1"),
        ("::ffff:192.0.2.7%eth0", "192.0.2.7"),
        (f"fe80::1%{'z' * 300}", None),
        ("192.0.2.7:443", None),
        ("", None),
        ("\0", None),
    ],
)
def test_reads_addresses_without_their_zone(value: str, found: str | None) -> None:
    assert inputs.address(value) == (ip_address(found) if found else None)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "{",
        "NaN",
        "Infinity",
        "1e999",
        '{"a": -1e999}',
        "9" * 30,
        "9" * 10_000,
        r'"\u0000"',
        r'{"\ud800": 1}',
        r'["\ud800"]',
        '{"a": 1, "a": 2}',
        "[" * 33 + "]" * 33,
        "[" * 100_000,
        b"\xff",
        b'"\xed\xa0\x80"',
    ],
)
def test_reads_no_json_that_cannot_be_stored(value: str | bytes) -> None:
    assert inputs.parse_json(value) is None


def test_leaves_texts_of_json_to_their_reader() -> None:
    assert inputs.parse_json(r'{"a": "\ud800"}', checks_text=False) == {"a": "\ud800"}
    assert inputs.parse_json('{"a": NaN}', checks_text=False) is None


def test_reader_reads_json() -> None:
    assert inputs.parse_json('{"a": [1, 2.5, "ü", null, true]}') == {"a": [1, 2.5, "ü", None, True]}


@given(ANYTHING)
def test_takes_anything_without_an_error(value: str) -> None:
    for read in (inputs.text, inputs.line, inputs.number, inputs.day, inputs.address, inputs.parse_json):
        read(value)

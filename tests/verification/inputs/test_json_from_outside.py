"""Tests of the reader of JSON: it lets nothing through that a column can't hold."""

import pytest

from verification import inputs


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

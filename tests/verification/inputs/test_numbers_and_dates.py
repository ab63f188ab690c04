"""Tests of the readers of whole numbers and dates."""

from datetime import date

import pytest

from verification import inputs


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

"""Tests that an exported file is harmless in a spreadsheet: no cell is a formula."""

import csv
from collections.abc import Iterator

import pytest

from accounts.support.reports import csv_without_formulas


def cells(*row: object) -> list[str]:
    _mark, line = csv_without_formulas.lines([row])
    return next(csv.reader([line]))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
@pytest.mark.parametrize("quotes", ["", "'", "''"])
def test_formula_is_quoted(start: str, quotes: str) -> None:
    assert csv_without_formulas.is_formula(f"{quotes}{start}1+1")
    (_mark, line) = csv_without_formulas.lines([(f"{quotes}{start}1+1",)])
    assert line.lstrip('"').startswith("'")


@pytest.mark.parametrize("cell", ["", "ana", "a=b", "O'Neil", "'quoted'", "1-2", " =1"])
def test_text_stays_as_it_is(cell: str) -> None:
    assert cells("x", cell) == ["x", cell]


def test_numbers_stay_numbers() -> None:
    assert cells(-5, 3.5, 0) == ["-5", "3.5", "0"]


def test_file_begins_with_the_mark_of_its_encoding() -> None:
    assert next(iter(csv_without_formulas.lines([]))) == "\ufeff"


def test_lines_come_one_after_another() -> None:
    def endless() -> Iterator[tuple[str]]:
        while True:
            yield ("x",)

    found = csv_without_formulas.lines(endless())

    assert [next(found) for _ in range(3)] == ["\ufeff", "x\r\n", "x\r\n"]

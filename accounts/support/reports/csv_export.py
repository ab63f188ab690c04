"""Writes CSV files that open harmlessly in a spreadsheet."""

import csv
from collections.abc import Iterable, Iterator, Sequence

# With the wide forms of East Asian keyboards, which programs read as the plain ones.
_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


def lines(rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Give the lines of a file, one after another. A cell that a program would run as a formula is quoted.

    Source: OWASP, CSV injection.
    """
    writer = csv.writer(_Echo())
    yield "\ufeff"  # or Excel takes the file for the old alphabet of its country
    for row in rows:
        yield writer.writerow([_harmless(cell) for cell in row])


def _harmless(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and is_formula(cell) else cell


def is_formula(cell: str) -> bool:
    """Tell whether a program would run a cell, or run it once a quote before it is taken off."""
    return cell.lstrip("'").startswith(_STARTS)

"""CSV export that is safe to open in a spreadsheet (no formula injection)."""

import csv
from collections.abc import Iterable, Iterator, Sequence

# Including the full-width characters of East Asian keyboards, which spreadsheets treat like the plain ones.
_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


class _Echo:
    """A file that returns what is written to it."""

    def write(self, text: str) -> str:
        return text


def lines(rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Yield the lines of a CSV file. A cell that a spreadsheet would run as a formula is quoted.

    Source: OWASP, CSV injection.
    """
    writer = csv.writer(_Echo())
    yield "\ufeff"  # byte order mark: without it, Excel assumes a legacy encoding
    for row in rows:
        yield writer.writerow([_harmless(cell) for cell in row])


def _harmless(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and is_formula(cell) else cell


def is_formula(cell: str) -> bool:
    """Return whether a spreadsheet would run a cell as a formula, or would after a leading quote is removed."""
    return cell.lstrip("'").startswith(_STARTS)

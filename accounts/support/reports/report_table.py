"""The table that each report returns: columns, rows, bars, chart and key figures, and the days that it looks back."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

DAYS = 30  # that the figures look back


@dataclass(frozen=True)
class KeyFigure:
    """One number that matters most, and what it means."""

    label: str
    value: str
    note: str


@dataclass(frozen=True)
class Table:
    """One report. Shape: `columns` are headings, `rows` text, days and numbers; the column `bar` is drawn as a bar.

    `days` draws a chart over time, `kinds` names the kind of audit event that each row counts.
    """

    key: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    bar: int = 1
    meaning: str = ""
    tiles: tuple[KeyFigure, ...] = ()
    days: tuple[tuple[date, int], ...] = ()
    kinds: tuple[str, ...] = ()

    def bars(self) -> Iterator[tuple[tuple[object, ...], int]]:
        """Yield each row with the width of its bar in percent."""
        values = [int(row[self.bar]) for row in self.rows if isinstance(row[self.bar], int)]  # type: ignore[call-overload]  # asked before
        most = max(values, default=0) or 1
        for row in self.rows:
            value = row[self.bar]
            yield row, round(100 * value / most) if isinstance(value, int) else 0

    def heads(self) -> list[tuple[str, str]]:
        """Return each column with its class in the page, which aligns numbers at their end."""
        first = self.rows[0] if self.rows else self.columns
        return [
            (column, "number" if isinstance(cell, int) else "")
            for column, cell in zip(self.columns, first, strict=True)
        ]

    def lines(self) -> Iterator[tuple[object, list[tuple[str, str, object]], int, str]]:
        """Yield each row as its heading, its cells with `heads`, the width of its bar and its kind of event."""
        kinds, heads = self.kinds or ("",) * len(self.rows), self.heads()[1:]
        for (row, width), kind in zip(self.bars(), kinds, strict=True):
            yield row[0], [(*head, cell) for head, cell in zip(heads, row[1:], strict=True)], width, kind

    def chart(self) -> Iterator[tuple[date, int, int]]:
        """Yield each day with its number and the height of its bar in percent."""
        most = max((n for _day, n in self.days), default=0) or 1
        for each, n in self.days:
            yield each, n, round(100 * n / most)


def as_lines(table: Table) -> Iterator[Sequence[object]]:
    """Yield a report as the lines of a CSV file."""
    yield table.columns
    yield from table.rows

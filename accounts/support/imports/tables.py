"""Reads a file of rows and columns, whichever program wrote it: its encoding, separator, line ends and quotes."""

import csv
import io
from collections.abc import Iterator

from django.utils.translation import gettext as _

from accounts.support import sheets

_SEPARATORS = ",;\t|"
MOST_OF_A_CELL = 131_072  # characters. Source: Python's csv
_MOST_LINES = 20  # of one row: more of them mean a quote that was never closed
_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}


class Unreadable(ValueError):
    """The whole file cannot be read; the message says in words what to change."""


def decode(raw: bytes) -> str:
    """Read the bytes of a file: UTF-8, or UTF-16 with its mark as Excel writes “Unicode text”. Errors: `Unreadable`."""
    name = next((name for mark, name in _MARKS.items() if raw.startswith(mark)), "utf-8")
    try:
        return raw.decode(name)
    except UnicodeDecodeError:
        raise Unreadable(_("The file is not UTF-8. Save it as “CSV UTF-8” and try again.")) from None


def unquoted(cell: str) -> str:
    """Take off what keeps a spreadsheet from counting with a cell: `="0001234"`, or a quote before a sign."""
    if len(cell) > 3 and cell.startswith('="') and cell.endswith('"'):
        return cell[2:-1]
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(sheets.STARTS) else cell


def rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Give the rows that are not empty, cell by cell, each with the number of the line on which it begins.

    The separator is the one that `sep=` names, else the one that cuts the first row into most cells.

    Errors: `Unreadable`, which names the line.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in lines:
        line = lines.count("\n", 0, lines.index("\0")) + 1
        raise Unreadable(_("Line %(line)d holds a sign that is no text (NUL).") % {"line": line})
    skipped, separator, lines = _start(lines)
    yield from _cut(lines, separator, skipped)


def _start(text: str) -> tuple[int, str, str]:
    """Give how many lines come before the first row, the separator, and the text from there on."""
    n_skipped = len(text) - len(text.lstrip("\n"))
    text = text.lstrip("\n")
    first, _nl, rest = text.partition("\n")
    if first.lower().startswith("sep=") and len(first) == len("sep=;"):
        return n_skipped + 1, first[-1], rest
    return n_skipped, max(_SEPARATORS, key=lambda sign: _count(first, sign)), text


def _count(line: str, separator: str) -> int:
    """Count the cells of a line."""
    try:
        return len(next(csv.reader([line], delimiter=separator), []))
    except csv.Error:
        return 0


def _cut(text: str, separator: str, n_before: int) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise _broken(line + n_before) from None
        if reader.line_num - line > _MOST_LINES:
            raise _broken(line + n_before)
        if any(cell.strip() for cell in cells):
            yield line + n_before, [cell.strip() for cell in cells]


def _broken(line: int) -> Unreadable:
    words = _("Line %(line)d cannot be read: a quotation mark is not closed there, or a cell is far too long.")
    return Unreadable(words % {"line": line})

"""Reads CSV files from any program: encoding, separator, line ends and quotes."""

import csv
import io
import re
from collections.abc import Iterator

from django.utils.translation import gettext as _

from accounts.support.imports import size_limits
from accounts.support.reports import csv_without_formulas

_SEPARATORS = ",;\t|"
_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}
# How other files begin: xlsx, ods, numbers and zip; xls; pdf; gzip.
_OTHER_FILES = (b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0", b"%PDF", b"\x1f\x8b")
# A long number as spreadsheets write it by default. They always write the sign of the exponent.
ROUNDED = re.compile(r"\d+(?:[.,]\d+)?E[+-]\d+", re.IGNORECASE)
_SEP = re.compile(r"\"?sep=([,;\t|])\"?[,;\t| ]*", re.IGNORECASE)
_EMPTY = re.compile(r"[\s,;|\"]*")


class UnreadableFile(ValueError):
    """The whole file cannot be read. The message says what to change."""


def decode(raw: bytes) -> str:
    """Decode the bytes of a file: UTF-8, or UTF-16 as Excel writes “Unicode text”. Errors: `UnreadableFile`."""
    if raw.startswith(_OTHER_FILES):
        raise UnreadableFile(
            _("This is a spreadsheet or an archive, not a CSV file. Open it and save it as “CSV UTF-8”.")
        )
    try:
        text = raw.decode(_encoding(raw))
    except UnicodeDecodeError as error:
        words = _("Line %(line)d isn’t UTF-8. Save the file as “CSV UTF-8” and try again.")
        raise UnreadableFile(words % {"line": _line(raw[: error.start])}) from None
    if is_web_page(text):
        raise UnreadableFile(
            _("This is a web page, not a CSV file. Sign in to the site where you downloaded it, and download it again.")
        )
    return text.lstrip("\ufeff")


def is_web_page(text: str) -> bool:
    """Return whether a text is HTML, which a site returns instead of a file to anyone who is not signed in."""
    return text.lstrip("\ufeff \t\r\n")[:14].lower().startswith(("<!doctype html", "<html"))


def _encoding(raw: bytes) -> str:
    """Detect an encoding by its byte order mark, or UTF-16 without one by its first character, an English letter."""
    named = next((name for mark, name in _MARKS.items() if raw.startswith(mark)), "")
    if named or b"\0" not in raw[:2]:
        return named or "utf-8"
    return "utf-16-be" if raw[:1] == b"\0" else "utf-16-le"


def _line(before: bytes) -> int:
    """Return the line number of a byte offset, for all kinds of line ends."""
    return before.replace(b"\r\n", b"\n").replace(b"\r", b"\n").count(b"\n") + 1


def unquoted(cell: str) -> str:
    """Remove what protects a cell from being calculated: `="0001234"`, or a quote before a sign."""
    if len(cell) > 3 and cell.startswith('="') and cell.endswith('"'):
        return cell[2:-1]
    return cell[1:] if cell.startswith("'") and csv_without_formulas.is_formula(cell) else cell


def rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the non-empty rows as cells, each with the number of its first line.

    The separator is the one that `sep=` names, or else the one that splits the first row into most cells.

    Errors: `UnreadableFile`, which names the line.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in lines:
        line = lines.count("\n", 0, lines.index("\0")) + 1
        words = _(
            "Line %(line)d contains a character that isn’t text (NUL). Save the file as “CSV UTF-8” and try again."
        )
        raise UnreadableFile(words % {"line": line})
    skipped, separator, lines = _start(lines)
    yield from _cut(lines, separator, skipped)


def _start(text: str) -> tuple[int, str, str]:
    """Return the number of lines before the first row, the separator, and the text from that row on.

    Lines before it are empty rows, the separator's name, and comments such as PowerShell's `#TYPE`.
    """
    named, at, n_skipped = "", 0, 0
    while at < len(text):
        end = text.find("\n", at) + 1 or len(text)
        first = text[at:end].rstrip("\n")
        if found := _SEP.fullmatch(first):
            named = found[1]
        elif not first.startswith("#") and not _EMPTY.fullmatch(first):
            return n_skipped, named or max(_SEPARATORS, key=lambda sign: _count(first, sign)), text[at:]
        at, n_skipped = end, n_skipped + 1
    return n_skipped, named or _SEPARATORS[0], ""


def _count(line: str, separator: str) -> int:
    """Return the number of cells in a line."""
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
        if reader.line_num - line > size_limits.MAX_LINES_OF_ROW:
            raise _broken(line + n_before)
        if any(cell.strip() for cell in cells):
            yield line + n_before, [cell.strip() for cell in cells]


def _broken(line: int) -> UnreadableFile:
    words = _("Line %(line)d can’t be read. Close the quotation mark, or shorten the cell.")
    return UnreadableFile(words % {"line": line})

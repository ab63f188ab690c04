"""Reads uploaded files into rows. It checks only the format of a file, not its values."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from accounts.models import Import
from accounts.support.imports import csv_encoding_and_separators
from accounts.support.imports.columns_of_import_files import ALIASES, COLUMNS
from accounts.support.imports.csv_encoding_and_separators import UnreadableFile, decode
from accounts.support.imports.token_files import manufacturers_csv_files, pskc

__all__ = ["COLUMNS", "UnreadableFile", "decode", "from_pskc", "read", "rows"]

Row = tuple[int, dict[str, str]]


def read(raw: bytes, kind: str, *, key: str = "", passphrase: str = "") -> str:
    """Return an upload, a CSV file or a package of tokens, as CSV text. Errors: `UnreadableFile`."""
    if kind == Import.Kind.TOKENS and pskc.is_package(raw):
        return from_pskc(raw, key, passphrase)
    return decode(raw)


def from_pskc(raw: bytes, key: str, passphrase: str = "") -> str:
    """Return a PSKC package as CSV text. Errors: `UnreadableFile`."""
    return pskc.read(raw, key=key, passphrase=passphrase)


def rows(text: str, kind: str) -> Iterator[Row]:
    """Yield the rows of a CSV file with their line numbers.

    Errors: `UnreadableFile`, if the first line does not name the columns, or if a line cannot be read.
    """
    if kind == Import.Kind.TOKENS:
        return manufacturers_csv_files.rows(text)
    return _rows(text, COLUMNS[Import.Kind(kind)])


def _column(cell: str) -> str:
    """Return the name of a column, of its other names ours."""
    plain = " ".join(cell.lower().split())
    return ALIASES.get(plain, plain)


def _rows(text: str, wanted: tuple[str, ...]) -> Iterator[Row]:
    """Yield rows whose first line names the columns, in any order. Extra columns are allowed, as in our own export."""
    found = csv_encoding_and_separators.rows(text)
    _line, cells = next(found, (0, []))
    head = [_column(cell) for cell in cells]
    if missing := [name for name in wanted if name not in head]:
        words = _("The first line must name the columns: %(columns)s. Missing: %(missing)s.")
        raise UnreadableFile(words % {"columns": ",".join(wanted), "missing": ", ".join(missing)})
    if len({name for name in head if name}) < len([name for name in head if name]):
        raise UnreadableFile(_("The first line names a column twice. Remove one."))
    for line, cells in found:
        if any(cells[len(head) :]):
            raise UnreadableFile(
                _(
                    "Line %(line)d has more cells than the first line. Remove the extra cells, or put "
                    "quotation marks around text with commas."
                )
                % {"line": line}
            )
        filled = dict(zip(head, [*cells, *[""] * (len(head) - len(cells))], strict=False))
        yield line, {name: csv_encoding_and_separators.unquoted(filled[name]) for name in wanted}

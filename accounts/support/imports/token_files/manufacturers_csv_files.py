"""Converts CSV files of token manufacturers to our columns, and repairs what spreadsheets do to them.

With a first line of headings, in any order: see `manufacturers_csv_headings`. Without one: both formats of the YubiKey
Personalization Tool, and lines of serial number, secret, type, digits and seconds.
"""

import base64
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from django.utils.translation import gettext as _

from accounts.models import Import
from accounts.support.imports import csv_encoding_and_separators
from accounts.support.imports.columns_of_import_files import ALL_OF_TOKENS, COLUMNS
from accounts.support.imports.csv_encoding_and_separators import UnreadableFile
from accounts.support.imports.token_files import manufacturers_csv_headings, secret_key_encodings

Row = tuple[int, dict[str, str]]

_SECRET = re.compile(r"[0-9A-Fa-f]{32,128}|[A-Za-z2-7]{26,}=*|[A-Za-z0-9+/]{22,}={0,2}")
_YUBICO = {"yubico otp", "oath-hotp", "static password", "challenge-response: hmac-sha1"}


def rows(text: str) -> Iterator[Row]:
    """Yield the tokens of a file with their lines. The column `refused` says what is wrong with one.

    Errors: `UnreadableFile`, for a file of another kind.
    """
    found = [
        (line, cells)
        for line, cells in csv_encoding_and_separators.rows(text)
        if any(cells[1:]) or not cells[0].startswith("#")
    ]
    if not found:
        raise UnreadableFile(_head_wanted())
    read, body, encoding = _reader([cells for _line, cells in found])
    tokens = [(line, read(cells)) for line, cells in found[body:]]
    encoding = encoding or secret_key_encodings.of_most([fields["secret key"] for _line, fields in tokens])
    for line, fields in tokens:
        yield line, _checked(fields, encoding)


def _head_wanted() -> str:
    return _("The first line must name the columns: %(columns)s") % {"columns": ",".join(COLUMNS[Import.Kind.TOKENS])}


Reader = Callable[[Sequence[str]], dict[str, str]]


def _reader(table: Sequence[Sequence[str]]) -> tuple[Reader, int, str]:
    """Return how to read a file: the reader of a line, the first line, and the encoding if it is known."""
    head = manufacturers_csv_headings.columns(table[0])
    if {"serial number", "secret key"} <= set(head):
        if twice := [name for name, n in Counter(filter(None, head)).items() if n > 1]:
            raise UnreadableFile(_("Two columns contain the %(name)s. Remove one.") % {"name": twice[0]})
        return lambda cells: _by_head(head, cells), 1, manufacturers_csv_headings.encoding(table[0])
    first = table[0][0].lower()
    if first.startswith("logging start") or first in _YUBICO:
        return _by_yubico_log, int(first.startswith("logging start")), "hex"
    if _is_yubico(table[0]):
        return _by_yubico, 0, "hex"
    if len(table[0]) > 1 and table[0][0] and _SECRET.fullmatch("".join(table[0][1].split())):
        return _by_place, 0, ""
    raise UnreadableFile(_head_wanted())


def _row(**given: str) -> dict[str, str]:
    empty = dict.fromkeys(ALL_OF_TOKENS, "")
    return empty | {name.replace("_", " "): value for name, value in given.items()}


def _by_head(head: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    fields = _row() | {name: cell for name, cell in zip(head, cells, strict=False) if name}
    if any(cells[len(head) :]):
        fields["refused"] = _("This row has more cells than the first line.")
    return fields


def _by_place(cells: Sequence[str]) -> dict[str, str]:
    """Read serial number, secret, type, digits, seconds."""
    serial, secret, kind, digits, step, *_rest = [*cells, "", "", "", "", ""][:6]
    return _row(serial_number=serial, secret_key=secret, type=kind, digits=digits, time_interval=step)


def _is_yubico(cells: Sequence[str]) -> bool:
    return len(cells) >= 4 and cells[0].isdecimal() and bool(secret_key_encodings.FITS["hex"].fullmatch(cells[3]))


def _by_yubico(cells: Sequence[str]) -> dict[str, str]:
    """Read serial number, public id, private id (0 for an OATH key), secret. Source: the tool's “Yubico format”."""
    serial, public, private, secret, *_rest = [*cells, "", "", "", ""]
    fields = _row(serial_number=serial, secret_key=secret, type="HOTP", manufacturer="Yubico")
    if public or private != "0":
        what = "Yubico OTP" if public or private else _("a static password")
        fields["refused"] = _("This entry is %(what)s, not an OATH secret.") % {"what": what}
    return fields


def _by_yubico_log(cells: Sequence[str]) -> dict[str, str]:
    """Read kind, time, slot, public id, private id, secret; digits in the twelfth. Source: its “traditional format”."""
    kind, _at, slot, public, _private, secret, *rest = [*cells, *[""] * 12]
    serial = public or f"YUBIKEY-{_at}-{slot}".replace(" ", "-")
    fields = _row(
        serial_number=serial,
        secret_key=secret,
        type="HOTP",
        digits="8" if rest[5:6] == ["8"] else "6",
        manufacturer="Yubico",
    )
    if kind.lower() != "oath-hotp":
        fields["refused"] = _("This entry is %(what)s, not an OATH secret.") % {"what": kind}
    return fields


# Cells ----------------------------------------------------------------------------------------------------------


def _checked(fields: dict[str, str], encoding: str) -> dict[str, str]:
    """Repair what a spreadsheet certainly changed, refuse what it made unreadable, and write the secret in base32."""
    fields = {name: _unwrapped(value) for name, value in fields.items()}
    if fields["refused"]:
        return fields | {"secret key": ""}
    for name in ("serial number", "secret key"):
        if csv_encoding_and_separators.ROUNDED.fullmatch(fields[name]):
            return fields | {"secret key": "", "refused": _rounded(name, fields[name])}
    secret = "".join(fields["secret key"].split()).replace("-", "")
    if not secret:
        return fields | {"refused": _("The secret key is missing.")}
    found = secret_key_encodings.decoded(secret, encoding)
    if found is None:
        return fields | {"secret key": "", "refused": str(secret_key_encodings.REFUSALS[encoding])}
    return fields | {"secret key": base64.b32encode(found).decode().rstrip("=")}


def _unwrapped(cell: str) -> str:
    """Remove what protects a cell from being calculated: `="0001234"`, `'0001234`, and a final `.0`."""
    if len(cell) > 3 and cell.startswith('="') and cell.endswith('"'):
        cell = cell[2:-1]
    cell = cell.removeprefix("'").strip()
    return cell.removesuffix(".0") if cell.removesuffix(".0").isdecimal() else cell


def _rounded(name: str, value: str) -> str:
    what: Mapping[str, str] = {"serial number": _("serial number"), "secret key": _("secret key")}
    return _("A spreadsheet rounded the %(what)s to %(value)s. Use the manufacturer’s original file.") % {
        "what": what[name],
        "value": value if name == "serial number" else "…",
    }

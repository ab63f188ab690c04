"""Converts CSV files of token manufacturers to our columns, and repairs what spreadsheets do to them.

With a first line that names the columns, in any order and under manufacturers' names: Microsoft Entra, Token2, Deepnet
SafeID, Feitian, SafeNet and Gemalto. Without one: both formats of the YubiKey Personalization Tool, and lines of serial
number, secret, type, digits and seconds.
"""

import base64
import binascii
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from django.utils.translation import gettext as _

from accounts.models import Import
from accounts.support.imports import csv_tables
from accounts.support.imports.columns_of_import_files import ALL_OF_TOKENS, COLUMNS
from accounts.support.imports.csv_tables import UnreadableFile

Row = tuple[int, dict[str, str]]

_NAMES = {
    "upn": "upn|user|user name|username|user principal name|userprincipalname|account|owner",
    "serial number": "serial number|serial|serialnumber|serial no|serialno|sn|s n|token serial|token serial number"
    "|token sn|device serial number|device serial",
    "secret key": "secret key|secret|secretkey|seed|key|token seed|otp seed|otp secret|token key|hexseed|seed value",
    "time interval": "time interval|timeinterval|interval|time step|timestep|step|period|otp interval",
    "manufacturer": "manufacturer|vendor|maker|brand",
    "model": "model|product|product name|token model",
    "type": "type|token type|oath type|otp type|algorithm|mode",
    "digits": "digits|otp length|otplength|otp digits|length|code length",
    "hash": "hash|hash algorithm|hash function|hashing algorithm|digest",
    "counter": "counter|moving factor|event counter|initial counter",
    "start time": "start time|t0",
    "clock lead": "clock lead|drift|clock drift",
    "starts": "starts|start date",
    "ends": "ends|expiry date|end date|expires",
    "refused": "refused",
}
_COLUMN_OF = {name: column for column, names in _NAMES.items() for name in names.split("|")}
_UNIT_NAMED = re.compile(r"\(? ?\b(?:in )?(?:s|secs?|seconds)\b ?\)?")
_ENCODING_NAMED = re.compile(r"\(?\b(hex|hexadecimal|base ?32|base ?64)\b\)?")
_FITS = {
    "base32": re.compile(r"[A-Z2-7]+=*", re.IGNORECASE),
    "hex": re.compile(r"(?:[0-9A-F]{2})+", re.IGNORECASE),
    "base64": re.compile(r"(?=.*[a-z])(?=.*[A-Z])[A-Za-z0-9+/]+=*"),
}
_SECRET = re.compile(r"[0-9A-Fa-f]{32,128}|[A-Za-z2-7]{26,}=*|[A-Za-z0-9+/]{22,}={0,2}")
_YUBICO = {"yubico otp", "oath-hotp", "static password", "challenge-response: hmac-sha1"}


def rows(text: str) -> Iterator[Row]:
    """Yield the tokens of a file with their lines. The column `refused` says what is wrong with one.

    Errors: `UnreadableFile`, for a file of another kind.
    """
    found = [(line, cells) for line, cells in csv_tables.rows(text) if any(cells[1:]) or not cells[0].startswith("#")]
    if not found:
        raise UnreadableFile(_head_wanted())
    read, body, encoding = _reader([cells for _line, cells in found])
    tokens = [(line, read(cells)) for line, cells in found[body:]]
    encoding = encoding or _encoding([fields["secret key"] for _line, fields in tokens])
    for line, fields in tokens:
        yield line, _checked(fields, encoding)


def _head_wanted() -> str:
    return _("The first line must name the columns: %(columns)s") % {"columns": ",".join(COLUMNS[Import.Kind.TOKENS])}


Reader = Callable[[Sequence[str]], dict[str, str]]


def _reader(table: Sequence[Sequence[str]]) -> tuple[Reader, int, str]:
    """Return how to read a file: the reader of a line, the first line, and the encoding if it is known."""
    head = _columns(table[0])
    if {"serial number", "secret key"} <= set(head):
        if twice := [name for name, n in Counter(filter(None, head)).items() if n > 1]:
            raise UnreadableFile(_("Two columns contain the %(name)s. Remove one.") % {"name": twice[0]})
        hints = [_ENCODING_NAMED.search(_plain(cell)) for cell in table[0]]
        named = next((hint[1] for hint, name in zip(hints, head, strict=True) if hint and name == "secret key"), "")
        return lambda cells: _by_head(head, cells), 1, named.replace(" ", "").replace("hexadecimal", "hex")
    first = table[0][0].lower()
    if first.startswith("logging start") or first in _YUBICO:
        return _by_yubico_log, int(first.startswith("logging start")), "hex"
    if _is_yubico(table[0]):
        return _by_yubico, 0, "hex"
    if len(table[0]) > 1 and table[0][0] and _SECRET.fullmatch("".join(table[0][1].split())):
        return _by_place, 0, ""
    raise UnreadableFile(_head_wanted())


def _plain(cell: str) -> str:
    return " ".join(re.sub(r"[_./:-]", " ", cell.lower()).split())


def _column(cell: str) -> str:
    """Return our name of a manufacturer's column, or an empty string."""
    plain = _plain(cell)
    shorter = (" ".join(named.sub(" ", plain).split()) for named in (_ENCODING_NAMED, _UNIT_NAMED))
    return next((_COLUMN_OF[name] for name in (plain, *shorter) if name in _COLUMN_OF), "")


def _columns(cells: Sequence[str]) -> list[str]:
    """Return the column names. If there is a column of types as well, the algorithm is that of the hash."""
    found = [_column(cell) for cell in cells]
    if found.count("type") == 2 and "hash" not in found:
        found = ["hash" if _plain(cell) == "algorithm" else name for cell, name in zip(cells, found, strict=True)]
    return found


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
    return len(cells) >= 4 and cells[0].isdecimal() and bool(_FITS["hex"].fullmatch(cells[3]))


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


def _encoding(secrets: Sequence[str]) -> str:
    """Return the encoding that fits most secrets of a file.

    Base32 that happens to have no letter beyond F is far rarer than hex without 0, 1, 8 or 9.
    """
    squeezed = ["".join(secret.split()) for secret in secrets]
    fits = {name: sum(bool(sign.fullmatch(each)) for each in squeezed) for name, sign in _FITS.items()}
    if fits["base64"] > 2 * max(fits["base32"], fits["hex"]):
        return "base64"
    fits_both = sum(bool(_FITS["hex"].fullmatch(each) and _FITS["base32"].fullmatch(each)) for each in squeezed)
    return "hex" if fits["hex"] > fits["base32"] or fits["hex"] == fits["base32"] == fits_both > 0 else "base32"


def _checked(fields: dict[str, str], encoding: str) -> dict[str, str]:
    """Repair what a spreadsheet certainly changed, refuse what it made unreadable, and write the secret in base32."""
    fields = {name: _unwrapped(value) for name, value in fields.items()}
    if fields["refused"]:
        return fields | {"secret key": ""}
    for name in ("serial number", "secret key"):
        if csv_tables.ROUNDED.fullmatch(fields[name]):
            return fields | {"secret key": "", "refused": _rounded(name, fields[name])}
    secret = "".join(fields["secret key"].split()).replace("-", "")
    if not secret:
        return fields | {"refused": _("The secret key is missing.")}
    found = _bytes(secret, encoding)
    if found is None:
        letters = {
            "base32": _("The secret key isn’t base32 (letters and the digits 2 to 7)."),
            "hex": _("The secret key isn’t in hex (0 to 9 and A to F, two for each byte)."),
            "base64": _("The secret key isn’t base64."),
        }
        return fields | {"secret key": "", "refused": letters[encoding]}
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


def _bytes(secret: str, encoding: str) -> bytes | None:
    """Decode a secret, or return None if it has other characters."""
    if not _FITS[encoding].fullmatch(secret):
        return None
    try:
        if encoding == "hex":
            return bytes.fromhex(secret)
        if encoding == "base64":
            return base64.b64decode(secret + "=" * (-len(secret) % 4), validate=True)
        letters = secret.upper().rstrip("=")
        return base64.b32decode(letters + "=" * (-len(letters) % 8))
    except (ValueError, binascii.Error):
        return None

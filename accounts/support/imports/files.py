"""Reads uploaded files into rows: CSV, and PSKC packages of tokens. It looks at the form of a file only."""

import base64
import binascii
import csv
import io
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from defusedxml import ElementTree
from django.utils.translation import gettext as _

from accounts.models import Import

COLUMNS = {
    Import.Kind.PEOPLE: ("user name", "name", "mail", "groups", "state"),
    Import.Kind.TOKENS: ("upn", "serial number", "secret key", "time interval", "manufacturer", "model"),
}
_PSKC = "{urn:ietf:params:xml:ns:keyprov:pskc}"
_XENC = "{http://www.w3.org/2001/04/xmlenc#}"


class Unreadable(ValueError):
    """The whole file cannot be read; the message says in words what to change."""


def decode(raw: bytes) -> str:
    """Read the bytes of a file. Errors: `Unreadable`."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable(_("The file is not UTF-8. Save it as “CSV UTF-8” and try again.")) from None


def rows(text: str, kind: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Give the rows of a CSV file with their line numbers; the head must name exactly the columns.

    Errors: `Unreadable`, for the head alone.
    """
    wanted = COLUMNS[Import.Kind(kind)]
    reader = csv.reader(io.StringIO(text))
    head = [cell.strip().lower() for cell in next(reader, [])]
    if tuple(head) != wanted:
        raise Unreadable(_("The first line must be: %(columns)s") % {"columns": ",".join(wanted)})
    for cells in reader:
        if any(cell.strip() for cell in cells):
            filled = [*cells, *[""] * (len(wanted) - len(cells))]
            yield reader.line_num, dict(zip(wanted, (cell.strip() for cell in filled), strict=False))


def from_pskc(raw: bytes, key: str) -> str:
    """Turn a PSKC package into the rows of a CSV file. `key` is the pre-shared AES key in hex, if it is encrypted.

    Errors: `Unreadable`. Source: RFC 6030, 4 and 6.1.
    """
    try:
        root = ElementTree.fromstring(raw)
    except Exception as error:
        raise Unreadable(_("This is no PSKC package (RFC 6030).")) from error
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS[Import.Kind.TOKENS])
    packages = list(root.iter(f"{_PSKC}KeyPackage"))
    if not packages:
        raise Unreadable(_("The package holds no keys."))
    for package in packages:
        writer.writerow(_package(package, key))
    return out.getvalue()


def _package(package: Element, key: str) -> list[str]:
    def text(path: str) -> str:
        found = package.find("/".join(f"{_PSKC}{part}" for part in path.split("/")))
        return (found.text or "").strip() if found is not None else ""

    secret = text("Key/Data/Secret/PlainValue")
    raw = base64.b64decode(secret) if secret else _decrypted(package, key)
    return [
        text("Key/UserId") or text("DeviceInfo/UserId"),
        text("DeviceInfo/SerialNo"),
        base64.b32encode(raw).decode().rstrip("="),
        text("Key/Data/TimeInterval/PlainValue") or "30",
        text("DeviceInfo/Manufacturer"),
        text("DeviceInfo/Model"),
    ]


def _decrypted(package: Element, key: str) -> bytes:
    found = next(package.iter(f"{_XENC}CipherValue"), None)
    if found is None or not found.text:
        raise Unreadable(_("A key in the package has no secret."))
    try:
        whole, secret = base64.b64decode(found.text), bytes.fromhex(key)
        decryptor: Any = Cipher(algorithms.AES(secret), modes.CBC(whole[:16])).decryptor()
        padded = decryptor.update(whole[16:]) + decryptor.finalize()
        unpadder = padding.PKCS7(128).unpadder()
        return unpadder.update(padded) + unpadder.finalize()
    except (ValueError, binascii.Error):
        raise Unreadable(_("The package is encrypted, and this key does not open it.")) from None

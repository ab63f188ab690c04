"""Reads PSKC packages of tokens into rows. python-pskc parses them; each key is checked alone. Source: RFC 6030."""

import base64
import binascii
import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element, tostring

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring
from django.utils.translation import gettext as _
from pskc import PSKC
from pskc.exceptions import KeyDerivationError, PSKCError

from accounts.support.imports import size_limits
from accounts.support.imports.columns_of_import_files import ALL_OF_TOKENS
from accounts.support.imports.csv_encoding_and_separators import UnreadableFile, is_web_page
from accounts.support.imports.token_files.pskc_keys import (
    NAMESPACE,
    UndecryptableKey,
    Unfit,
    columns_of,
    is_sealed,
    named_elements,
)

# A web process reads a package while somebody waits, and its other threads with them. The limits allow about two
# seconds for deriving the key, and one millisecond per token.
_MAX_ROUNDS = 1_500_000  # of PBKDF2. Source: OWASP recommends 1,300,000 with SHA-1
_MAX_KEY_BYTES = 32  # of a derived key: AES keys are no longer than this
_MAX_BROKEN_PACKAGES = 50  # each is searched for among the others
_CIPHERS = re.compile(r"(?:aes(?P<cbc>128|192|256)-cbc|kw-aes(?P<wrap>128|192|256))$")
_MAX_DEPTH = 50  # of nested elements; a package has ten


@dataclass(frozen=True)
class _Opening:
    """What decrypts a package. Shape: `key` in hex."""

    key: str
    passphrase: str


def is_package(raw: bytes) -> bool:
    """Return whether a file is XML, in any encoding, and not a web page."""
    text = _text(raw[:200])
    return text.lstrip("\ufeff \t\r\n").startswith("<") and not is_web_page(text)


def _text(raw: bytes) -> str:
    """Decode XML. UTF-16 without a byte order mark is detected by its first character: XML 1.0, appendix F."""
    if raw[:2] in {b"<\0", b"\xff\xfe"}:
        return raw.decode("utf-16-le", errors="replace")
    if raw[:2] in {b"\0<", b"\xfe\xff"}:
        return raw.decode("utf-16-be", errors="replace")
    return raw.decode("utf-8-sig", errors="replace")


def read(raw: bytes, *, key: str = "", passphrase: str = "") -> str:
    """Convert a package to CSV text in our format. A key that cannot be used becomes a row that says why.

    `key` is the pre-shared key in hex; a key is derived from `passphrase`. Errors: `UnreadableFile` for the whole file.
    """
    container = _container(raw)
    packages = container.findall(_tag("KeyPackage"))
    if not packages:
        raise UnreadableFile(_("The package contains no tokens."))
    if len(packages) > size_limits.MAX_TOKENS_OF_PACKAGE:
        words = _(
            "The package contains %(n)d tokens. At most %(most)d can be imported at once. Ask the "
            "manufacturer to split it."
        )
        raise UnreadableFile(words % {"n": len(packages), "most": size_limits.MAX_TOKENS_OF_PACKAGE})
    for package in packages:
        container.remove(package)
    _refuse_ciphers([container, *packages])
    opened = _open(container, _Opening(key, passphrase), is_sealed=any(is_sealed(each) for each in packages))
    rows, faults, n_broken = [], list[Unfit](), 0
    for package, parsed, keys in _each(container, packages):
        n_broken += parsed is None
        if n_broken > _MAX_BROKEN_PACKAGES:
            words = _("More than %(most)d tokens of the package can’t be read. Ask the manufacturer to send it again.")
            raise UnreadableFile(words % {"most": _MAX_BROKEN_PACKAGES})
        for fields, fault in _rows(_Read(package, parsed, keys), container, opened):
            rows.append(fields)
            faults += [fault] if fault is not None else []
    if opened and sum(isinstance(fault, UndecryptableKey) for fault in faults) == len(rows):
        raise UnreadableFile(_does_not_open(passphrase))
    return _csv(rows)


def _csv(rows: list[dict[str, str]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, ALL_OF_TOKENS, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _container(raw: bytes) -> Element:
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", _text(raw).lstrip("\ufeff"))
    try:
        # An encoding that is none of Unicode's is left to the parser, which reads the declaration.
        root: Element = fromstring(raw.strip() if "\ufffd" in text else text.encode(), forbid_dtd=True)
    except DefusedXmlException:
        raise UnreadableFile(
            _("The file defines its own entities (a DTD), which isn’t allowed. Ask the manufacturer for another file.")
        ) from None
    except (ParseError, ValueError, LookupError):
        raise UnreadableFile(_("This isn’t a PSKC package (RFC 6030): its XML can’t be read.")) from None
    if _depth(root) > _MAX_DEPTH:
        raise UnreadableFile(_("This isn’t a PSKC package (RFC 6030): its XML can’t be read."))
    if root.tag != _tag("KeyContainer"):
        raise UnreadableFile(_("This isn’t a PSKC package (RFC 6030)."))
    if root.get("Version", "1.0") not in {"1", "1.0"}:
        raise UnreadableFile(
            _("PSKC version %(version)s isn’t supported. Version 1.0 is.") % {"version": root.get("Version")}
        )
    return root


def _depth(root: Element) -> int:
    """Return how deeply elements are nested, up to the limit. What follows walks them recursively."""
    level, depth = [root], 0
    while level and depth <= _MAX_DEPTH:
        level, depth = [child for element in level for child in element], depth + 1
    return depth


# Decrypting a package -----------------------------------------------------------------------------------------


def _refuse_ciphers(elements: list[Element]) -> None:
    """Refuse a package that uses a cipher we do not support, and name the cipher."""
    for element in elements:
        for method in named_elements(element, "EncryptionMethod"):
            name = method.get("Algorithm", "").rpartition("#")[2]
            if name and not _CIPHERS.search(name):
                words = _("The package is encrypted with %(name)s, which isn’t supported. AES-CBC and AES-KW are.")
                raise UnreadableFile(words % {"name": name})


def _key_bits(container: Element) -> int:
    """Return the key length in bits that the package's cipher needs, or 0 if it names none."""
    for method in named_elements(container, "EncryptionMethod"):
        if found := _CIPHERS.search(method.get("Algorithm", "")):
            return int(found["cbc"] or found["wrap"])
    return 0


def _parsed(container: Element, *packages: Element) -> Any:
    """Parse the head of a package and some of its keys with python-pskc. Errors: its own and those of the decoders."""
    root = Element(container.tag, container.attrib)
    root.extend([*container, *packages])
    return PSKC(io.BytesIO(tostring(root)))


def _open(container: Element, opening: _Opening, *, is_sealed: bool) -> bytes:
    """Return the key that decrypts a package, empty if nothing is encrypted. Errors: `UnreadableFile`."""
    try:
        derivation = _parsed(container).encryption.derivation
    except (PSKCError, ValueError, binascii.Error):
        raise UnreadableFile(
            _("The package’s details of its encryption can’t be read. Ask the manufacturer to send it again.")
        ) from None
    if not is_sealed:
        return b""
    if derivation.algorithm is None:
        if not opening.key:
            raise UnreadableFile(
                _("The package is encrypted. Enter its pre-shared key, which the manufacturer sends separately.")
            )
        return bytes.fromhex(opening.key)
    if not derivation.algorithm.endswith("#pbkdf2"):
        name = derivation.algorithm.rpartition("#")[2]
        raise UnreadableFile(_("The key is derived with %(name)s, which isn’t supported. PBKDF2 is.") % {"name": name})
    if not opening.passphrase:
        raise UnreadableFile(_("The package is protected by a passphrase. Enter it too."))
    if (derivation.pbkdf2_iterations or 0) > _MAX_ROUNDS or (derivation.pbkdf2_key_length or 0) > _MAX_KEY_BYTES:
        words = _(
            "The key is derived in %(n)d rounds for %(bytes)d bytes. At most %(most)d rounds and "
            "%(longest)d bytes are supported."
        )
        asked = {"n": derivation.pbkdf2_iterations or 0, "bytes": derivation.pbkdf2_key_length or 0}
        raise UnreadableFile(words % (asked | {"most": _MAX_ROUNDS, "longest": _MAX_KEY_BYTES}))
    try:
        return bytes(derivation.derive(opening.passphrase))
    except KeyDerivationError:
        raise UnreadableFile(
            _("The package’s details of its encryption can’t be read. Ask the manufacturer to send it again.")
        ) from None


def _does_not_open(passphrase: str) -> str:
    if passphrase:
        return _("This passphrase doesn’t decrypt the package. Check it and try again.")
    return _("This key doesn’t decrypt the package. Check it and try again.")


# Single keys --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Read:
    """One package and python-pskc's result, which is empty if it could not read it."""

    package: Element
    parsed: Any
    keys: Sequence[Any]


def _each(container: Element, packages: Sequence[Element]) -> Iterator[tuple[Element, Any, Sequence[Any]]]:
    """Parse many packages at once with python-pskc. If it fails, bisect down to the broken one."""
    try:
        parsed = _parsed(container, *packages)
    except (PSKCError, ValueError, OverflowError, binascii.Error):
        if len(packages) == 1:
            yield packages[0], None, ()
            return
        yield from _each(container, packages[: len(packages) // 2])
        yield from _each(container, packages[len(packages) // 2 :])
        return
    for package, device in zip(packages, parsed.devices, strict=True):
        yield package, parsed, device.keys


def _rows(read: _Read, container: Element, opened: bytes) -> Iterator[tuple[dict[str, str], Unfit | None]]:
    """Yield the rows of one package, each with its error. Errors: `UnreadableFile` for a key of the wrong length."""
    package, parsed = read.package, read.parsed
    serial = next((each.text or "" for each in named_elements(package, "SerialNo")), "").strip()
    try:
        _check_base64(package)
        if parsed is None:
            raise Unfit(_("This token can’t be read."))
    except Unfit as fault:
        yield {"serial number": serial, "refused": str(fault)}, fault
        return
    bits = _key_bits(package) or _key_bits(container)
    if opened and bits and len(opened) * 8 != bits:
        words = _("The package is encrypted with %(bits)d-bit AES. Enter a key of %(digits)d hex digits.")
        raise UnreadableFile(words % {"bits": bits, "digits": bits // 4})
    parsed.encryption.key = opened or None
    parsed.encryption.algorithm = parsed.encryption.algorithm or f"aes{len(opened) * 8}-cbc"
    if not read.keys:
        yield {"serial number": serial, "refused": _("This token has no key.")}, None
    for key in read.keys:
        named = {
            "serial number": key.serial or key.id or "",
            "manufacturer": (key.manufacturer or "").removeprefix("oath."),
            "model": key.model or "",
        }
        try:
            yield named | columns_of(key, parsed, package), None
        except Unfit as fault:
            yield named | {"refused": str(fault)}, fault
        except (PSKCError, ValueError, OverflowError):
            yield named | {"refused": _("This token can’t be read.")}, Unfit()


def _check_base64(package: Element) -> None:
    """Refuse anything that is not strict base64: decoders ignore characters that they do not know."""
    values = [*named_elements(package, "CipherValue"), *named_elements(package, "ValueMAC")]
    values += [plain for secret in named_elements(package, "Secret") for plain in named_elements(secret, "PlainValue")]
    if not all(_is_base64(value.text or "") for value in values):
        raise Unfit(_("The secret or the check value isn’t base64."))
    for name in ("Counter", "Time", "TimeInterval", "TimeDrift"):
        for number in (plain for each in named_elements(package, name) for plain in named_elements(each, "PlainValue")):
            written = (number.text or "").strip()
            if not (re.fullmatch(r"-?[0-9]{1,12}", written) or _is_base64(written)):
                raise Unfit(_("The %(name)s isn’t a number.") % {"name": name})


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return False
    return True

"""Reads PSKC packages of tokens into rows: what python-pskc makes of each key, judged key by key. Source: RFC 6030."""

import base64
import binascii
import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import Element, tostring

from cryptography import x509
from cryptography.x509 import NameOID
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring
from django.utils import timezone
from django.utils.translation import gettext as _
from pskc import PSKC
from pskc.exceptions import DecryptionError, KeyDerivationError, PSKCError

from accounts.support.imports.columns import ALL_OF_TOKENS
from accounts.support.imports.csv_tables import Unreadable, is_web_page

_SPACE = "urn:ietf:params:xml:ns:keyprov:pskc"
# A web process reads a package while somebody waits, and its other threads with them: about two seconds at most for
# the key, and one millisecond a token.
_MOST_ROUNDS = 1_500_000  # of PBKDF2. Source: OWASP counsels 1,300,000 where the hash is SHA-1
_MOST_KEY_BYTES = 32  # that it derives: AES knows no longer key
_MOST_PACKAGES = 10_000  # of one token each
_MOST_BROKEN = 50  # each is looked for among the others
_CIPHERS = re.compile(r"(?:aes(?P<cbc>128|192|256)-cbc|kw-aes(?P<wrap>128|192|256))$")
_KINDS = re.compile("[HT]OTP", re.IGNORECASE)
_SUITE = re.compile(r"sha[-_]?(\d+)", re.IGNORECASE)
_HASHES = {"1": "sha1", "256": "sha256", "512": "sha512"}
_NAMES = (NameOID.USER_ID, NameOID.COMMON_NAME, NameOID.EMAIL_ADDRESS)
_DEEPEST = 50  # elements in one another; a package has ten
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)  # when a token that counts time steps can have been made
_LEAST_MAC_KEY = 16  # bytes


@dataclass(frozen=True)
class _Opening:
    """What opens a package. Shape: `key` in hex."""

    key: str
    passphrase: str


class _Unfit(ValueError):
    """One key of a package cannot be used; the message says why."""


class _Sealed(_Unfit):
    """A key of the package does not open."""


def is_package(raw: bytes) -> bool:
    """Tell whether a file is XML, whatever its encoding, and no web page."""
    text = _text(raw[:200])
    return text.lstrip("\ufeff \t\r\n").startswith("<") and not is_web_page(text)


def _text(raw: bytes) -> str:
    """Read XML as text. UTF-16 without a mark is told by its first sign, as XML 1.0, appendix F has it."""
    if raw[:2] in {b"<\0", b"\xff\xfe"}:
        return raw.decode("utf-16-le", errors="replace")
    if raw[:2] in {b"\0<", b"\xfe\xff"}:
        return raw.decode("utf-16-be", errors="replace")
    return raw.decode("utf-8-sig", errors="replace")


def read(raw: bytes, *, key: str = "", passphrase: str = "") -> str:
    """Turn a package into the rows of a CSV file of ours; a key that cannot be used is a row that says why.

    `key` is the pre-shared key in hex, `passphrase` what a key is derived of. Errors: `Unreadable` for the whole file.
    """
    container = _container(raw)
    packages = container.findall(_tag("KeyPackage"))
    if not packages:
        raise Unreadable(_("The package holds no keys."))
    if len(packages) > _MOST_PACKAGES:
        words = _("The package holds %(n)d tokens; at most %(most)d are read at once. Have its maker send it in parts.")
        raise Unreadable(words % {"n": len(packages), "most": _MOST_PACKAGES})
    for package in packages:
        container.remove(package)
    _refuse_ciphers([container, *packages])
    opened = _open(container, _Opening(key, passphrase), is_sealed=any(_is_sealed(each) for each in packages))
    rows, faults, n_broken = [], list[_Unfit](), 0
    for package, parsed, keys in _each(container, packages):
        n_broken += parsed is None
        if n_broken > _MOST_BROKEN:
            words = _("More than %(most)d tokens of the package cannot be read. Have its maker send it again.")
            raise Unreadable(words % {"most": _MOST_BROKEN})
        for fields, fault in _rows(_Read(package, parsed, keys), container, opened):
            rows.append(fields)
            faults += [fault] if fault is not None else []
    if opened and sum(isinstance(fault, _Sealed) for fault in faults) == len(rows):
        raise Unreadable(_does_not_open(passphrase))
    return _csv(rows)


def _csv(rows: list[dict[str, str]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, ALL_OF_TOKENS, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _tag(name: str) -> str:
    return f"{{{_SPACE}}}{name}"


def _container(raw: bytes) -> Element:
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", _text(raw).lstrip("\ufeff"))
    try:
        # An encoding that is none of Unicode's is left to the parser, which reads the declaration.
        root: Element = fromstring(raw.strip() if "\ufffd" in text else text.encode(), forbid_dtd=True)
    except DefusedXmlException:
        raise Unreadable(_("The file defines entities of its own (a DTD). No token maker does that.")) from None
    except (ParseError, ValueError, LookupError):
        raise Unreadable(_("This is no PSKC package (RFC 6030): its XML is broken.")) from None
    if _depth(root) > _DEEPEST:
        raise Unreadable(_("This is no PSKC package (RFC 6030): its XML is broken."))
    if root.tag != _tag("KeyContainer"):
        raise Unreadable(_("This is no PSKC package (RFC 6030)."))
    if root.get("Version", "1.0") not in {"1", "1.0"}:
        raise Unreadable(_("PSKC version %(version)s is not known; 1.0 is.") % {"version": root.get("Version")})
    return root


def _depth(root: Element) -> int:
    """Measure how deep elements lie in one another, as far as it matters: what follows walks them recursively."""
    level, depth = [root], 0
    while level and depth <= _DEEPEST:
        level, depth = [child for element in level for child in element], depth + 1
    return depth


# What opens a package -------------------------------------------------------------------------------------------


def _ends(element: Element, name: str) -> Iterator[Element]:
    """Find elements by their name alone, in whichever namespace."""
    return (each for each in element.iter() if each.tag.rpartition("}")[2] == name)


def _is_sealed(package: Element) -> bool:
    return next(_ends(package, "EncryptedValue"), None) is not None


def _refuse_ciphers(elements: list[Element]) -> None:
    """Refuse a package by the name of the cipher that we do not open."""
    for element in elements:
        for method in _ends(element, "EncryptionMethod"):
            name = method.get("Algorithm", "").rpartition("#")[2]
            if name and not _CIPHERS.search(name):
                words = _("The package is encrypted by %(name)s, which is not supported. AES-CBC and AES-KW are.")
                raise Unreadable(words % {"name": name})


def _key_bits(container: Element) -> int:
    """Say how long the key must be, as the cipher of the package wants it; 0 if it names none."""
    for method in _ends(container, "EncryptionMethod"):
        if found := _CIPHERS.search(method.get("Algorithm", "")):
            return int(found["cbc"] or found["wrap"])
    return 0


def _parsed(container: Element, *packages: Element) -> Any:
    """Have python-pskc read the head of a package and some of its keys. Errors: its own, and those of the decoders."""
    root = Element(container.tag, container.attrib)
    root.extend([*container, *packages])
    return PSKC(io.BytesIO(tostring(root)))


def _open(container: Element, opening: _Opening, *, is_sealed: bool) -> bytes:
    """Give the key that opens a package; none where nothing is encrypted. Errors: `Unreadable`."""
    try:
        derivation = _parsed(container).encryption.derivation
    except (PSKCError, ValueError, binascii.Error):
        raise Unreadable(_("What the package says of its encryption cannot be read.")) from None
    if not is_sealed:
        return b""
    if derivation.algorithm is None:
        if not opening.key:
            raise Unreadable(_("The package is encrypted. Give its pre-shared key, which its maker sends apart."))
        return bytes.fromhex(opening.key)
    if not derivation.algorithm.endswith("#pbkdf2"):
        name = derivation.algorithm.rpartition("#")[2]
        raise Unreadable(_("The key is derived by %(name)s, which is not supported. PBKDF2 is.") % {"name": name})
    if not opening.passphrase:
        raise Unreadable(_("The package is protected by a passphrase. Type it as well."))
    if (derivation.pbkdf2_iterations or 0) > _MOST_ROUNDS or (derivation.pbkdf2_key_length or 0) > _MOST_KEY_BYTES:
        words = _("The key is derived in %(n)d rounds, for %(bytes)d bytes. At most %(most)d and %(longest)d are read.")
        asked = {"n": derivation.pbkdf2_iterations or 0, "bytes": derivation.pbkdf2_key_length or 0}
        raise Unreadable(words % (asked | {"most": _MOST_ROUNDS, "longest": _MOST_KEY_BYTES}))
    try:
        return bytes(derivation.derive(opening.passphrase))
    except KeyDerivationError:
        raise Unreadable(_("What the package says of its encryption cannot be read.")) from None


def _does_not_open(passphrase: str) -> str:
    if passphrase:
        return _("The package is encrypted, and this passphrase does not open it.")
    return _("The package is encrypted, and this key does not open it.")


# One key after the other ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Read:
    """One package, and what python-pskc made of it; nothing if it could not read it."""

    package: Element
    parsed: Any
    keys: Sequence[Any]


def _each(container: Element, packages: Sequence[Element]) -> Iterator[tuple[Element, Any, Sequence[Any]]]:
    """Have python-pskc read many packages at once; where it gives up, halves of them, down to the broken one."""
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


def _rows(read: _Read, container: Element, opened: bytes) -> Iterator[tuple[dict[str, str], _Unfit | None]]:
    """Give the rows of one package, each with what is wrong with it. Errors: `Unreadable` for a key of wrong length."""
    package, parsed = read.package, read.parsed
    serial = next((each.text or "" for each in _ends(package, "SerialNo")), "").strip()
    try:
        _check_base64(package)
        if parsed is None:
            raise _Unfit(_("It cannot be read."))
    except _Unfit as fault:
        yield {"serial number": serial, "refused": str(fault)}, fault
        return
    bits = _key_bits(package) or _key_bits(container)
    if opened and bits and len(opened) * 8 != bits:
        words = _("The package is encrypted by AES with %(bits)d bits: its key has %(digits)d hex digits.")
        raise Unreadable(words % {"bits": bits, "digits": bits // 4})
    parsed.encryption.key = opened or None
    parsed.encryption.algorithm = parsed.encryption.algorithm or f"aes{len(opened) * 8}-cbc"
    if not read.keys:
        yield {"serial number": serial, "refused": _("It has no key.")}, None
    for key in read.keys:
        named = {
            "serial number": key.serial or key.id or "",
            "manufacturer": (key.manufacturer or "").removeprefix("oath."),
            "model": key.model or "",
        }
        try:
            yield named | _fields(key, parsed, package), None
        except _Unfit as fault:
            yield named | {"refused": str(fault)}, fault
        except (PSKCError, ValueError, OverflowError):
            yield named | {"refused": _("It cannot be read.")}, _Unfit()


def _check_base64(package: Element) -> None:
    """Refuse what is not base64 to the letter; decoders would drop the letters that they do not know."""
    values = [*_ends(package, "CipherValue"), *_ends(package, "ValueMAC")]
    values += [plain for secret in _ends(package, "Secret") for plain in _ends(secret, "PlainValue")]
    if not all(_is_base64(value.text or "") for value in values):
        raise _Unfit(_("Its secret or check value is not base64."))
    for name in ("Counter", "Time", "TimeInterval", "TimeDrift"):
        for number in (plain for each in _ends(package, name) for plain in _ends(each, "PlainValue")):
            written = (number.text or "").strip()
            if not (re.fullmatch(r"-?[0-9]{1,12}", written) or _is_base64(written)):
                raise _Unfit(_("Its %(name)s is no number.") % {"name": name})


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def _fields(key: Any, parsed: Any, package: Element) -> dict[str, str]:
    """Say what a key is, in the columns of our own file. Errors: `_Unfit`."""
    kind = _kind(key)
    _check_response(key)
    _check_policy(key)
    starts, ends = _span(key)
    secret = _secret(key, parsed, package)
    interval = _number(key, "time_interval", parsed)
    step = 30 if interval is None else interval
    _check_time(_number(key, "time_offset", parsed), step)
    lead = (_number(key, "time_drift", parsed) or 0) * step
    return {
        "upn": _person(key.userid or ""),
        "secret key": base64.b32encode(secret).decode().rstrip("="),
        "time interval": str(step),
        "type": kind,
        "digits": str(6 if key.response_length is None else key.response_length),
        "hash": _hash(key),
        "counter": str(_number(key, "counter", parsed) or 0),
        "clock lead": str(lead) if lead else "",
        "starts": starts.isoformat() if starts else "",
        "ends": ends.isoformat() if ends else "",
    }


def _kind(key: Any) -> str:
    name = re.split("[:#]", key.algorithm or "")[-1]
    if not _KINDS.fullmatch(name):
        raise _Unfit(_("Its algorithm is %(name)s; HOTP and TOTP are supported.") % {"name": name or _("not named")})
    if key.key_profile and key.response_length is None:
        words = _("It refers to the key profile %(name)s, which says outside of this file how it works.")
        raise _Unfit(words % {"name": key.key_profile})
    return name.upper()


def _hash(key: Any) -> str:
    suite = key.algorithm_suite or ""
    if not suite:
        return "sha1"
    found = _SUITE.search(suite)
    if found is None or found[1] not in _HASHES:
        raise _Unfit(_("Its hash is %(name)s; SHA-1, SHA-256 and SHA-512 are supported.") % {"name": suite[:40]})
    return _HASHES[found[1]]


def _check_response(key: Any) -> None:
    encoding = (key.response_encoding or "DECIMAL").upper()
    if encoding != "DECIMAL":
        raise _Unfit(_("Its codes are %(name)s; decimal digits are supported.") % {"name": encoding[:20]})
    if key.response_check:
        raise _Unfit(_("Its codes end with a check digit (CheckDigits), which is not supported."))
    if key.response_length not in {None, 6, 7, 8}:
        raise _Unfit(_("Its codes have %(n)d digits; 6, 7 and 8 are supported.") % {"n": key.response_length})


def _check_policy(key: Any) -> None:
    policy = key.policy
    if policy.unknown_policy_elements or policy.number_of_transactions:
        raise _Unfit(_("Its policy has rules that are not supported, so that it must not be used (RFC 6030, 5)."))
    if policy.key_usage and "OTP" not in policy.key_usage:
        uses = ", ".join(policy.key_usage)
        raise _Unfit(_("It is meant for %(uses)s, not for one-time passwords (OTP).") % {"uses": uses})
    if policy.pin_usage and policy.pin_usage != "Local":
        raise _Unfit(_("It is protected by a PIN that is part of the code (%(how)s).") % {"how": policy.pin_usage})


def _span(key: Any) -> tuple[datetime | None, datetime | None]:
    starts = [_aware(each) for each in (key.policy.start_date, key.start_date) if each]
    ends = [_aware(each) for each in (key.policy.expiry_date, key.expiry_date) if each]
    if ends and min(ends) <= timezone.now():
        raise _Unfit(_("It expired on %(day)s.") % {"day": min(ends).date().isoformat()})
    return max(starts, default=None), min(ends, default=None)


def _aware(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _check_time(passed: int | None, step: int) -> None:
    """Refuse a start that is not that of RFC 6238. What counts the steps since 1970 until it was made is no start."""
    if passed and not _EARLIEST.timestamp() <= passed * step <= timezone.now().timestamp() + 86_400:
        raise _Unfit(_("Its time starts at %(n)d, not in 1970; that is not supported.") % {"n": passed})


def _person(name: str) -> str:
    """Read who has a token. A distinguished name stands for its UID, else its CN or mail address. Source: RFC 4514."""
    if "=" not in name:
        return name
    try:
        found = x509.Name.from_rfc4514_string(re.sub(r"\s*,\s+", ",", name))  # a space behind a comma is usual
    except ValueError:
        return name
    values = [each.value for oid in _NAMES for each in found.get_attributes_for_oid(oid)]
    return str(values[0]) if values else name


def _number(key: Any, name: str, parsed: Any) -> int | None:
    found: int | None = _opened(key, name, parsed)
    return found


def _secret(key: Any, parsed: Any, package: Element) -> bytes:
    """Open the secret and compare its check value. Errors: `_Unfit`."""
    secrets: Mapping[bool, Any] = {bool(_is_sealed(each)): each for each in _ends(package, "Secret")}
    if parsed.mac.algorithm and True in secrets and next(_ends(secrets[True], "ValueMAC"), None) is None:
        raise _Unfit(_("The package has check values, and the one of this token is missing."))
    secret = _opened(key, "secret", parsed)
    if not secret:
        raise _Unfit(_("It has no secret."))
    return bytes(secret)


def _opened(key: Any, name: str, parsed: Any) -> Any:
    """Read a value that may be encrypted, and tell a key that does not fit from a value that was changed."""
    try:
        return getattr(key, name)
    except DecryptionError as error:
        if "MAC algorithm" in str(error):
            words = _("Its check value is by %(name)s, which is not supported.")
            raise _Unfit(words % {"name": (parsed.mac.algorithm or "").rpartition("#")[2]}) from None
        if "MAC value" in str(error) and _opens_mac_key(parsed):
            raise _Unfit(_("Its check value does not fit: the file was changed or damaged.")) from None
        raise _Sealed(_("It does not open with this key or passphrase.")) from None


def _opens_mac_key(parsed: Any) -> bool:
    try:
        return len(parsed.mac.key or b"") >= _LEAST_MAC_KEY
    except DecryptionError:
        return False

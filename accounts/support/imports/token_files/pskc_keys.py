"""Converts one key of a PSKC package to our columns, or says why it is refused. Source: RFC 6030."""

import base64
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import Element

from cryptography import x509
from cryptography.x509 import NameOID
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pskc.exceptions import DecryptionError

from verification import time_format

NAMESPACE = "urn:ietf:params:xml:ns:keyprov:pskc"
_KINDS = re.compile("[HT]OTP", re.IGNORECASE)
_SUITE = re.compile(r"sha[-_]?(\d+)", re.IGNORECASE)
_HASHES = {"1": "sha1", "256": "sha256", "512": "sha512"}
_NAMES = (NameOID.USER_ID, NameOID.COMMON_NAME, NameOID.EMAIL_ADDRESS)
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)  # the earliest time at which a time-based token can have been made
_MIN_MAC_KEY_BYTES = 16

CHANGED = gettext_lazy(
    "The check value doesn’t match: the file was changed or damaged. Ask the manufacturer for it again."
)


class Unfit(ValueError):
    """One key of a package cannot be used. The message says why."""


class UndecryptableKey(Unfit):
    """A key of the package cannot be decrypted."""


def named_elements(element: Element, name: str) -> Iterator[Element]:
    """Return elements by local name, in any namespace."""
    return (each for each in element.iter() if each.tag.rpartition("}")[2] == name)


def is_sealed(package: Element) -> bool:
    return next(named_elements(package, "EncryptedValue"), None) is not None


def columns_of(key: Any, parsed: Any, package: Element) -> dict[str, str]:
    """Return a key in our columns. Errors: `Unfit`."""
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
        raise Unfit(
            _("The algorithm %(name)s isn’t supported. HOTP and TOTP are.") % {"name": name or _("without a name")}
        )
    if key.key_profile and key.response_length is None:
        words = _(
            "It uses the key profile %(name)s, which is described outside of this file. Ask the "
            "manufacturer for a complete file."
        )
        raise Unfit(words % {"name": key.key_profile})
    return name.upper()


def _hash(key: Any) -> str:
    suite = key.algorithm_suite or ""
    if not suite:
        return "sha1"
    found = _SUITE.search(suite)
    if found is None or found[1] not in _HASHES:
        raise Unfit(_("The hash %(name)s isn’t supported. SHA-1, SHA-256 and SHA-512 are.") % {"name": suite[:40]})
    return _HASHES[found[1]]


def _check_response(key: Any) -> None:
    encoding = (key.response_encoding or "DECIMAL").upper()
    if encoding != "DECIMAL":
        raise Unfit(_("Codes in %(name)s aren’t supported. Decimal digits are.") % {"name": encoding[:20]})
    if key.response_check:
        raise Unfit(_("Codes that end with a check digit (CheckDigits) aren’t supported."))
    if key.response_length not in {None, 6, 7, 8}:
        raise Unfit(_("Codes with %(n)d digits aren’t supported. 6, 7 and 8 are.") % {"n": key.response_length})


def _check_policy(key: Any) -> None:
    policy = key.policy
    if policy.unknown_policy_elements or policy.number_of_transactions:
        raise Unfit(_("It has usage rules that we don’t support, so it can’t be used (RFC 6030, 5)."))
    if policy.key_usage and "OTP" not in policy.key_usage:
        uses = ", ".join(policy.key_usage)
        raise Unfit(_("It is intended for %(uses)s, not for one-time passwords (OTP).") % {"uses": uses})
    if policy.pin_usage and policy.pin_usage != "Local":
        raise Unfit(_("Its codes include a PIN (%(how)s), which isn’t supported.") % {"how": policy.pin_usage})


def _span(key: Any) -> tuple[datetime | None, datetime | None]:
    starts = [_aware(each) for each in (key.policy.start_date, key.start_date) if each]
    ends = [_aware(each) for each in (key.policy.expiry_date, key.expiry_date) if each]
    if ends and min(ends) <= timezone.now():
        raise Unfit(_("It expired on %(day)s.") % {"day": time_format.day(min(ends))})
    return max(starts, default=None), min(ends, default=None)


def _aware(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _check_time(passed: int | None, step: int) -> None:
    """Refuse a start time other than RFC 6238's. A count of the steps from 1970 to the manufacture is not one."""
    if passed and not _EARLIEST.timestamp() <= passed * step <= timezone.now().timestamp() + 86_400:
        raise Unfit(_("Its time starts at %(n)d, not in 1970, which isn’t supported.") % {"n": passed})


def _person(name: str) -> str:
    """Return who has a token. Of a distinguished name, the UID, or else the CN or mail address. Source: RFC 4514."""
    if "=" not in name:
        return name
    try:
        found = x509.Name.from_rfc4514_string(re.sub(r"\s*,\s+", ",", name))  # a space after a comma is common
    except ValueError:
        return name
    values = [each.value for oid in _NAMES for each in found.get_attributes_for_oid(oid)]
    return str(values[0]) if values else name


def _number(key: Any, name: str, parsed: Any) -> int | None:
    found: int | None = _opened(key, name, parsed)
    return found


def _secret(key: Any, parsed: Any, package: Element) -> bytes:
    """Decrypt the secret and verify its check value. Errors: `Unfit`."""
    secrets: Mapping[bool, Any] = {bool(is_sealed(each)): each for each in named_elements(package, "Secret")}
    if parsed.mac.algorithm and True in secrets and next(named_elements(secrets[True], "ValueMAC"), None) is None:
        raise Unfit(_("The check value of this token is missing."))
    secret = _opened(key, "secret", parsed)
    if not secret:
        raise Unfit(_("This token has no secret."))
    return bytes(secret)


def _opened(key: Any, name: str, parsed: Any) -> Any:
    """Read a value that may be encrypted, and distinguish a wrong key from a value that was changed."""
    try:
        return getattr(key, name)
    except DecryptionError as error:
        if "MAC algorithm" in str(error):
            words = _("The check value uses %(name)s, which isn’t supported.")
            raise Unfit(words % {"name": (parsed.mac.algorithm or "").rpartition("#")[2]}) from None
        if "MAC value" in str(error) and _opens_mac_key(parsed):
            raise Unfit(str(CHANGED)) from None
        raise UndecryptableKey(_("This key or passphrase doesn’t decrypt it.")) from None


def _opens_mac_key(parsed: Any) -> bool:
    try:
        return len(parsed.mac.key or b"") >= _MIN_MAC_KEY_BYTES
    except DecryptionError:
        return False

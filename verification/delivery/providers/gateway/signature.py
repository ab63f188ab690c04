"""The signature of receipts: HMAC-SHA-256 over the agreed parts, with a key shared with the gateway."""

import hmac
from datetime import datetime
from hashlib import sha256

from verification.delivery.inbound.callback_age import check_time
from verification.delivery.provider_interface import Callback, Forged

from .conf import Conf


def sign(here: Conf, *, key: str, moment: str, url: str, body: bytes) -> str:
    """Return the signature. Shape: 64 hex digits."""
    mac = hmac.new(key.encode(), digestmod=sha256)
    for part in _parts(here.signed):
        mac.update({"{time}": moment.encode(), "{url}": url.encode(), "{body}": body}.get(part, part.encode()))
    return mac.hexdigest()


def check(here: Conf, callback: Callback, *, now: datetime) -> None:
    """Check the signature of a receipt.

    Errors: `Forged` when the signature is missing, covers something else, or is older than five minutes.
    """
    moment = callback.headers.get(here.time_header.lower(), "")
    given = callback.headers.get(here.signature_header.lower(), "").removeprefix("sha256=").lower()
    if not here.keys or not given.isascii():
        raise Forged("there is no signature")
    ours = [sign(here, key=key, moment=moment, url=callback.url, body=callback.body) for key in here.keys]
    if not any(hmac.compare_digest(each, given) for each in ours):
        raise Forged("the signature does not match")
    if "{time}" in here.signed:
        _check_time(moment, now)


def _check_time(moment: str, now: datetime) -> None:
    if not (moment.isascii() and moment.isdigit() and len(moment) <= 12):
        raise Forged("the signature has no time")
    check_time(int(moment), now=now)


def _parts(template: str) -> list[str]:
    """Split a template such as `{time}.{body}` into its placeholders and the text between them."""
    found, rest = [], template
    while rest:
        marks = [(at, mark) for mark in ("{time}", "{url}", "{body}") if (at := rest.find(mark)) >= 0]
        at, mark = min(marks, default=(len(rest), ""))
        found += [part for part in (rest[:at], mark) if part]
        rest = rest[at + len(mark) :]
    return found

"""Signs the carrier's callbacks and checks them on arrival: address, body and time under one key of the ring."""

import hmac
from collections.abc import Mapping
from datetime import datetime

from verification.delivery.inbound.callback_age import check_time
from verification.delivery.provider_interface import Callback, Forged
from verification.keys import crypto

HEADER = "x-virtual-signature"
_PURPOSE = "virtual.callback"


def headers(*, address: str, body: bytes, now: datetime) -> dict[str, str]:
    """Return the headers of a signed post. Shape: `t=<Unix seconds>,v1=<64 hex digits>`."""
    moment = str(int(now.timestamp()))
    signed = crypto.mac(_PURPOSE, moment, address, body).hex()
    return {"Content-Type": "application/json", HEADER: f"t={moment},v1={signed}"}


def check(callback: Callback, *, now: datetime) -> None:
    """Check the signature of a callback.

    Errors: `Forged` when the signature is missing, belongs to another address or body, or is older than five minutes.
    """
    moment, signed = _read(callback.headers)
    rings = [crypto.mac(_PURPOSE, moment, callback.url, callback.body, key_id=key) for key in crypto.digest_keys()]
    if not any(hmac.compare_digest(ours.hex().encode(), signed.encode()) for ours in rings):
        raise Forged("the signature does not match the address and body")
    check_time(int(moment), now=now)


def _read(given: Mapping[str, str]) -> tuple[str, str]:
    fields = dict(part.partition("=")[::2] for part in given.get(HEADER, "").split(","))
    moment, signed = fields.get("t", ""), fields.get("v1", "")
    if not (moment.isascii() and moment.isdigit() and len(moment) <= 12 and signed.isascii()):
        raise Forged("there is no signature")
    return moment, signed

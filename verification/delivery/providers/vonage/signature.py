"""The signature of callbacks: a token with a secret of the account, over body and time but not the address."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from hmac import compare_digest
from typing import Any

import jwt
from jwt.types import Options

from verification.delivery.inbound.callback_age import CALLBACK_LIFE, check_time
from verification.delivery.provider_interface import Callback, Forged

_SCHEME = "bearer "
# Its time is compared last, because a wrong clock must not look like a wrong secret.
_WANTED: Options = {"require": ["iat", "payload_hash"], "verify_aud": False, "verify_iat": False}


def check(callback: Callback, *, secrets: Sequence[str], application: str, now: datetime) -> None:
    """Let a callback of Vonage pass.

    Errors: `Forged` when the token is missing, signed by someone else, over another body, or five minutes off.
    Source: developer.vonage.com/getting-started/concepts/webhooks, RFC 7519.
    """
    given = callback.headers.get("authorization", "")
    token = given[len(_SCHEME) :] if given.lower().startswith(_SCHEME) else ""
    claims = next(filter(None, (_claims(token, secret) for secret in secrets)), None)
    if claims is None:
        raise Forged("not signed by the account")
    if claims.get("application_id", application) != application:
        raise Forged("it is of another application")
    if not compare_digest(str(claims["payload_hash"]).lower().encode(), sha256(callback.body).hexdigest().encode()):
        raise Forged("the signature is of another body")
    if not isinstance(claims["iat"], int):
        raise Forged("the token has no time")
    check_time(claims["iat"], now=now)


def _claims(token: str, secret: str) -> dict[str, Any] | None:
    try:
        return jwt.decode(token, secret, algorithms=["HS256"], options=_WANTED, leeway=CALLBACK_LIFE)
    except jwt.PyJWTError:
        return None

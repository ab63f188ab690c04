"""The signature of callbacks: an HMAC by a token of the account, over the exact public address and the fields."""

from collections.abc import Mapping, Sequence

from twilio.request_validator import RequestValidator

from verification.delivery.provider_interface import Callback, Forged


def check(callback: Callback, fields: Mapping[str, str], *, tokens: Sequence[str], account: str) -> None:
    """Let a callback of Twilio pass.

    Errors: `Forged` when none of our tokens signed it, or it is of another account.
    Source: twilio.com/docs/usage/security, "Validating requests".
    """
    signature = callback.headers.get("x-twilio-signature", "")
    if not signature or not any(RequestValidator(t).validate(callback.url, fields, signature) for t in tokens):
        raise Forged("not signed by the account")
    if fields.get("AccountSid", account) != account:
        raise Forged("it is of another account")

"""Meanings of providers' error codes: what happened, in our words, and whose fault it is."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from verification.models.messages import FailureReason

# Numbers, SMTP replies and single words; no free text, and nothing long enough to be a phone number.
_CODE = re.compile(
    r"\d{1,6}|\d{3} \d\.\d{1,3}\.\d{1,3}|[A-Za-z]{1,4}\d{1,6}|(?=.{1,32}$)[A-Za-z]+([_.-]?[A-Za-z]+)*(-\d{1,6})?",
    re.ASCII,
)


class Fault(StrEnum):
    """Whose fault an error is. Only the first two say something about the provider."""

    ACCOUNT = "account"  # our account, sender or settings at the provider
    NETWORK = "network"  # the provider, or the networks behind it
    LIMIT = "limit"  # too many messages
    NUMBER = "number"  # the recipient's number or phone
    CONTENT = "content"  # the text of the message
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Meaning:
    """The meaning of one code. With `is_final` no other provider could do better."""

    words: str
    fault: Fault
    reason: FailureReason
    is_final: bool = False


def tidy(code: object) -> str:
    """Return a code as a provider sent it, or an empty text if it is missing or isn't a code."""
    text = str(code or "").strip()
    return text if _CODE.fullmatch(text) else ""


def reason(code: str, codes: Mapping[str, Meaning]) -> FailureReason:
    """Return why a message didn't arrive, by its provider's code."""
    return codes[code].reason if code in codes else FailureReason.UNKNOWN


def table(
    *groups: tuple[Fault, FailureReason, Mapping[object, str]], final: Iterable[object] = ()
) -> dict[str, Meaning]:
    """Build a table of codes from groups."""
    last = {str(code) for code in final}
    return {
        str(code): Meaning(words, fault, reason, is_final=str(code) in last)
        for fault, reason, words_by_code in groups
        for code, words in words_by_code.items()
    }


_UNSET = "the provider does not accept the request in this form: check the settings"
# Responses without a code of the provider. Source: RFC 9110, 15.5.
HTTP = table(
    (
        Fault.ACCOUNT,
        FailureReason.PROVIDER_DOWN,
        {
            "http-401": "the account or its password is not accepted",
            "http-402": "the account has no credit left",
            "http-403": "the account may not do this, or is suspended",
            "http-404": "the address or the account is not known there",
            "http-405": _UNSET,
        },
    ),
    (Fault.LIMIT, FailureReason.RATE_LIMITED, {"http-429": "too many requests at once"}),
    (
        Fault.NETWORK,
        FailureReason.PROVIDER_DOWN,
        {
            "http-500": "the provider's server failed",
            "http-502": "the provider's server failed",
            "http-503": "the provider is out of service for now",
            "http-504": "the provider's server did not answer in time",
            "tls-certificate": "the certificate of the provider's server is not valid",
        },
    ),
)

"""How providers declare what their error codes mean: what happened, in our words, and whose fault it is.

Their tables are in `providers/<name>/error_codes.py`, and that of HTTP statuses is in `provider_http`.
"""

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

"""Codes: derived, read and compared. No code is ever stored; sender and checker compute it."""

import hmac
import re
import unicodedata

from verification.inputs import digits
from verification.keys import crypto

_DIGITS = 6


def derive(*, handle: str, generation: int, nonce: str, key_id: str) -> str:
    """Compute the code of one generation of a challenge. Shape: six digits."""
    number = int.from_bytes(crypto.mac("code", handle, str(generation), nonce, key_id=key_id), "big")
    return f"{number % 10**_DIGITS:0{_DIGITS}d}"


def match_code(*, handle: str, nonce: str, key_id: str) -> str:
    """Compute the two digits that a page shows and a called person keys in. Shape: 10 to 99."""
    number = int.from_bytes(crypto.mac("match", handle, nonce, key_id=key_id), "big")
    return str(10 + number % 90)


def tidy(text: str) -> str:
    """Normalise what a person typed or pasted: digits of any script to 0-9, no spaces or dashes, upper case."""
    folded = digits.plain(unicodedata.normalize("NFKC", text or "").upper())
    return "".join(c for c in folded if c.isalnum() or c == "#")


# A code of six digits, in one group or two, that is not part of a longer number or a phone number.
_TOGETHER = re.compile(r"(?<![0-9A-Za-z])[0-9]{6}(?![0-9A-Za-z])")
_IN_TWO = re.compile(r"(?<![0-9A-Za-z])(?<![0-9][\s-])[0-9]{3}[\s-][0-9]{3}(?![0-9A-Za-z])(?![\s-][0-9])")


def pick(text: str) -> str:
    """Find the one code of six digits in a pasted message. Return any other text as `tidy` normalises it."""
    folded = tidy(text)
    if folded.isdecimal():
        return folded
    plain = digits.plain(unicodedata.normalize("NFKC", text))
    for shape in (_TOGETHER, _IN_TWO):
        found = {tidy(each) for each in shape.findall(plain)}
        if len(found) == 1:
            return found.pop()
    return folded


def same(one: str, other: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(one.encode(), other.encode())

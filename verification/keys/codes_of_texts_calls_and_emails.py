"""Codes of texts, calls and emails: their length, and how they are derived. None is stored."""

from verification.keys import crypto

DIGITS = 6


def derive(*, handle: str, generation: int, nonce: str, key_id: str) -> str:
    """Compute the code of one generation of a challenge. Shape: six digits."""
    number = int.from_bytes(crypto.mac("code", handle, str(generation), nonce, key_id=key_id), "big")
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def match_code(*, handle: str, nonce: str, key_id: str) -> str:
    """Compute the two digits that a page shows and a called person keys in. Shape: 10 to 99."""
    number = int.from_bytes(crypto.mac("match", handle, nonce, key_id=key_id), "big")
    return str(10 + number % 90)

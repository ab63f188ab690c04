"""Compares secrets in constant time, so that the response time doesn't reveal how much of a guess is correct."""

import hmac


def same(one: str, other: str) -> bool:
    """Compare two texts in constant time."""
    return hmac.compare_digest(one.encode(), other.encode())

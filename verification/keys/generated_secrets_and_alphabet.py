"""Random secrets that are shown once and stored as digests only, and the alphabet of which they consist.

Each caller decides on its length: app passwords, keys of services, secrets of applications.
"""

import base64
import secrets

from verification.keys import crypto

_SIGNS = set("abcdefghijklmnopqrstuvwxyz234567")


def draw(length: int) -> str:
    """Generate a secret that a person types once into a program. Shape: lower-case base32 letters, of 5 bits each."""
    return base64.b32encode(secrets.token_bytes(-(-length * 5 // 8))).decode().lower()[:length]


def looks_drawn(text: str, length: int) -> bool:
    """Return whether a text has the shape of a generated secret of this length, in groups or not."""
    folded = "".join(sign for sign in text.lower() if sign.isalnum())
    return len(folded) == length and set(folded) <= _SIGNS


def digest(purpose: str, token: str) -> str:
    """Return the digest under which a token is kept. Shape: 64 hex digits."""
    return crypto.digest(f"token.{purpose}", token)


def digests(purpose: str, token: str) -> tuple[str, ...]:
    """Return the digests of a token under every key of digests."""
    return crypto.digests(f"token.{purpose}", token)

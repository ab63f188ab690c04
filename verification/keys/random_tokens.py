"""Random tokens that are stored as digests only, and links derived from a row's handle."""

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


def derive(purpose: str, handle: str, key_id: str = "") -> str:
    """Derive the secret part of a link from the name of its row, so that neither the row nor the queue contains it.

    Shape: 43 base64url letters (256 bits).
    """
    raw = crypto.mac(f"link.{purpose}", handle, key_id=key_id)
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def is_derived(purpose: str, handle: str, token: str) -> bool:
    """Return whether a link's secret part belongs to its name, under any key of digests."""
    shown = token.encode()  # `compare_digest` takes letters beyond ASCII only as bytes
    found = [secrets.compare_digest(derive(purpose, handle, key_id).encode(), shown) for key_id in crypto.digest_keys()]
    return any(found)

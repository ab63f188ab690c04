"""The secret part of links and cookies: derived from the name of a row with a key, so that it is stored nowhere."""

import base64
import secrets

from verification.keys import crypto


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

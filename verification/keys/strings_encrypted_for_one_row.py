"""Encrypts a string that belongs to one row, such as an upload or a kept form. It can be opened only for that row."""

from verification.keys import crypto


def seal(text: str, *, bound: str) -> str:
    """Encrypt a text. Shape: `bound` names the row that it belongs to."""
    return crypto.seal(text.encode(), purpose="parcel", bound=bound)


def unseal(sealed: str, *, bound: str) -> str | None:
    """Decrypt what was encrypted for this row. None if that fails."""
    try:
        return crypto.unseal(sealed, purpose="parcel", bound=bound).decode()
    except crypto.Unsealable:
        return None

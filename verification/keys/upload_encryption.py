"""Encryption of temporary data, such as an upload with secrets in it, so that it is never stored in plain text."""

from verification.keys import crypto


def seal(text: str, *, bound: str) -> str:
    """Seal a text. Shape: `bound` names the row that it belongs to; elsewhere it can't be opened."""
    return crypto.seal(text.encode(), purpose="parcel", bound=bound)


def unseal(sealed: str, *, bound: str) -> str | None:
    """Open what was sealed for this row, or None if it doesn't open."""
    try:
        return crypto.unseal(sealed, purpose="parcel", bound=bound).decode()
    except crypto.Unsealable:
        return None

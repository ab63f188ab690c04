"""Random public names for rows; they stand in addresses."""

import secrets


def new_ref() -> str:
    """Draw a name that cannot be guessed. Shape: 32 hex digits."""
    return secrets.token_hex(16)

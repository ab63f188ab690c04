"""Random public names for rows; they stand in addresses and bind sealed values to their row."""

import secrets


def new_handle() -> str:
    """Draw a name that cannot be guessed. Shape: 32 hex digits (128 bits)."""
    return secrets.token_hex(16)

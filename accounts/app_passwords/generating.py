"""Generates an app password: its length, the groups in which it is shown, and how one is recognised by its shape.

Its letters and digits are those of all secrets that people type: see `draw` in
`verification.keys.generated_secrets_and_alphabet`.
"""

from verification.keys import generated_secrets_and_alphabet

LENGTH = 24  # letters, which are 120 bits. Source: ASVS 5.0, 6.5.2 (a fast digest is enough from 112 bits)
_GROUP_LENGTH = 4  # characters


def generate() -> str:
    """Generate an app password, without groups."""
    return generated_secrets_and_alphabet.draw(LENGTH)


def grouped(secret: str) -> str:
    """Return an app password in groups of characters, for typing."""
    return " ".join(secret[at : at + _GROUP_LENGTH] for at in range(0, len(secret), _GROUP_LENGTH))


def looks_like_app_password(text: str) -> bool:
    """Return whether a text has the shape of an app password, in groups or not."""
    return generated_secrets_and_alphabet.looks_drawn(text, LENGTH)

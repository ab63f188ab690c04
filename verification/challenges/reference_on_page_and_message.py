"""References: the same short letters on a page and on its message, so that a person can tell which code is meant."""

import secrets

# Letters and digits that can't be confused when read aloud or on a small screen.
_LETTERS, _DIGITS = "ACEFHKMPRTWX", "34679"


def new_reference(*, former: str = "") -> str:
    """Return a short reference, shown on both page and message. Shape: one letter and one digit, such as `K4`."""
    names = [letter + digit for letter in _LETTERS for digit in _DIGITS]
    return secrets.choice([name for name in names if name != former])

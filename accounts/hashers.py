"""Password hashing: Django's Argon2id with our parameters, over passwords in a normal form."""

import unicodedata

from django.contrib.auth.hashers import Argon2PasswordHasher, make_password


def composed(password: str) -> str:
    """Return the form in which a password is stored: an accented letter is one character, however it was typed.

    Source: NIST SP 800-63B-4, 3.1.1.2 (normal form C, UAX 15).
    """
    return unicodedata.normalize("NFC", password)


def spellings(password: str) -> tuple[str, ...]:
    """Return the forms in which a typed password may have been stored, the current one first.

    Passwords were once stored as typed, and some keyboards and systems type accents as separate characters.
    """
    return tuple(dict.fromkeys((composed(password), password, unicodedata.normalize("NFD", password))))


def take_time(password: str) -> None:
    """Take as long as checking a wrong password does, for a user who does not exist. Prevents user enumeration."""
    for spelling in spellings(password):
        make_password(spelling)


class Argon2idHasher(Argon2PasswordHasher):
    """Argon2id with 19 MiB, two passes, one lane: the minimum that OWASP accepts, and light enough for a busy morning.

    Units: memory_cost in KiB.
    Source: OWASP Password Storage Cheat Sheet, Argon2id.
    """

    time_cost = 2
    memory_cost = 19_456
    parallelism = 1

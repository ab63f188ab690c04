"""The password hash: Django's Argon2id with our figures, over a password in normal form."""

import unicodedata

from django.contrib.auth.hashers import Argon2PasswordHasher, make_password


def composed(password: str) -> str:
    """Give the form in which a password is kept: an accent is one sign with its letter, however it was typed.

    Source: NIST SP 800-63B-4, 3.1.1.2 (normal form C, UAX 15).
    """
    return unicodedata.normalize("NFC", password)


def spellings(password: str) -> tuple[str, ...]:
    """List the forms in which a typed password may have been kept, the present one first.

    Passwords were once kept as they were typed, and some keyboards and systems type accents apart.
    """
    return tuple(dict.fromkeys((composed(password), password, unicodedata.normalize("NFD", password))))


def take_time(password: str) -> None:
    """Take the time that a wrong password takes, where there is nobody whose hash could be compared."""
    for spelling in spellings(password):
        make_password(spelling)


class Argon2idHasher(Argon2PasswordHasher):
    """Argon2id at 19 MiB, two passes, one lane: the least that OWASP accepts, and light enough for a busy morning.

    Units: memory_cost in KiB.
    Source: OWASP Password Storage Cheat Sheet, Argon2id.
    """

    time_cost = 2
    memory_cost = 19_456
    parallelism = 1

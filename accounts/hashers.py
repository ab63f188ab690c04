"""The password hash: Django's Argon2id with our figures."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2idHasher(Argon2PasswordHasher):
    """Argon2id at 19 MiB, two passes, one lane: the least that OWASP accepts, and light enough for a busy morning.

    Units: memory_cost in KiB.
    Source: OWASP Password Storage Cheat Sheet, Argon2id.
    """

    time_cost = 2
    memory_cost = 19_456
    parallelism = 1

"""A cheap password hash for tests that do not depend on its strength."""

from accounts.hashers import Argon2idHasher


class CheapHasher(Argon2idHasher):
    """The same algorithm with its lowest parameters, a hundred times faster."""

    time_cost = 1
    memory_cost = 8

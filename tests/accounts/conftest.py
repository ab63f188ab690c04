"""Fixtures for accounts: the test users, and services that check app passwords."""

from tests.entry_points import _no_keys_kept, files, mail, no_hash, strict
from tests.people import ana, ben, cleo, clock, dev, stranger

__all__ = ["_no_keys_kept", "ana", "ben", "cleo", "clock", "dev", "files", "mail", "no_hash", "stranger", "strict"]

"""The test people are available, and the doors that app passwords open."""

from tests.entry_points import _no_keys_kept, files, mail, no_hash, strict
from tests.people import ana, ben, cleo, clock, dev, stranger

__all__ = ["_no_keys_kept", "ana", "ben", "cleo", "clock", "dev", "files", "mail", "no_hash", "stranger", "strict"]

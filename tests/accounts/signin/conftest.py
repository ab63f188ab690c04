"""Fixtures for sign-in: the test users."""

from tests.simulated.people import ana, ben, cleo, clock, dev, stranger

__all__ = ["ana", "ben", "cleo", "clock", "dev", "stranger"]

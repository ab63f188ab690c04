"""Fixtures: a reader of the articles."""

from tests.simulated.people import ana, clock, stranger

__all__ = ["ana", "clock", "stranger"]

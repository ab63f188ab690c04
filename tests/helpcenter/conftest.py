"""Fixtures: a reader of the articles."""

from tests.people import ana, clock, stranger

__all__ = ["ana", "clock", "stranger"]

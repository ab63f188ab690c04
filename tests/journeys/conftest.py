"""Fixtures for journeys: the test users, and carriers that answer like real ones."""

from tests.fake_carrier import exchange, gateway, vonage
from tests.people import ana, ben, cleo, clock, dev, stranger

__all__ = ["ana", "ben", "cleo", "clock", "dev", "exchange", "gateway", "stranger", "vonage"]

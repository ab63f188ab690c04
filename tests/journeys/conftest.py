"""The test people are available, and carriers that answer as the real ones do."""

from tests.exchange import exchange, gateway, vonage
from tests.people import ana, ben, cleo, clock, dev, stranger

__all__ = ["ana", "ben", "cleo", "clock", "dev", "exchange", "gateway", "stranger", "vonage"]

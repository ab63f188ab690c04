"""The cast is at hand, and a carrier that answers as Twilio does."""

from tests.exchange import exchange, gateway
from tests.people import ana, ben, cleo, clock, dev, stranger

__all__ = ["ana", "ben", "cleo", "clock", "dev", "exchange", "gateway", "stranger"]

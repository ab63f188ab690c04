"""A carrier with an HTTP interface, on loopback."""

from tests.exchange import gateway

__all__ = ["gateway"]

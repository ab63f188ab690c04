"""Fixtures: a carrier with an HTTP API, on loopback."""

from tests.exchange import gateway

__all__ = ["gateway"]

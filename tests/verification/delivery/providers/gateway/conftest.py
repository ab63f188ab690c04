"""Fixtures: a carrier with an HTTP API, on loopback."""

from tests.simulated.fake_carrier import gateway

__all__ = ["gateway"]

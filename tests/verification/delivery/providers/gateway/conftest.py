"""Fixtures: a carrier with an HTTP API, on loopback."""

from tests.fake_carrier import gateway

__all__ = ["gateway"]

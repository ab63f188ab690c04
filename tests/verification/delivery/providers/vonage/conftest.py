"""Fixtures: a Vonage application at the fake carrier."""

from tests.simulated.fake_carrier import vonage

__all__ = ["vonage"]

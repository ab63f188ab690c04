"""Fixtures: a Vonage application at the fake carrier."""

from tests.fake_carrier import vonage

__all__ = ["vonage"]

"""Fixtures: a Vonage application at the fake carrier."""

from tests.exchange import vonage

__all__ = ["vonage"]

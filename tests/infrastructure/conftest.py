"""Fixtures for tests of the test infrastructure."""

from tests.simulated.people import clock

__all__ = ["clock"]

"""Fixtures for tests of what makes a run fast."""

from tests.simulated.people import clock

__all__ = ["clock"]

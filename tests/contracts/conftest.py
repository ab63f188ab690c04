"""The cast, for contracts that are met through HTTP."""

from tests.people import ana, ben, clock

__all__ = ["ana", "ben", "clock"]

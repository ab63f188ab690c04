"""An application at the exchange of the tests."""

from tests.exchange import vonage

__all__ = ["vonage"]

"""An account at the exchange of the tests."""

from tests.exchange import exchange

__all__ = ["exchange"]

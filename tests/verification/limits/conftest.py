"""Fixtures for tests of limits."""

from collections.abc import Iterator

import pytest

from verification.limits import countries_and_prices, spending_limits, toll_fraud


@pytest.fixture
def read_again() -> Iterator[None]:
    yield
    countries_and_prices.forget()
    spending_limits.forget()
    toll_fraud.forget()

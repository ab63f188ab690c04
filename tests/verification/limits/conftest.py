"""Fixtures for tests of limits."""

from collections.abc import Iterator

import pytest

from verification.limits import blocked_ranges, countries_and_prices, spending_limits


@pytest.fixture
def read_again() -> Iterator[None]:
    yield
    countries_and_prices.forget()
    spending_limits.forget()
    blocked_ranges.forget()

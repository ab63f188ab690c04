"""Fixtures for tests of limits."""

from collections.abc import Iterator

import pytest

from verification.limits import toll_fraud


@pytest.fixture
def read_again() -> Iterator[None]:
    yield
    toll_fraud.forget()

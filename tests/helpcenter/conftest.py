"""The articles are loaded, and somebody reads them."""

import pytest

from helpcenter import articles
from tests.people import ana, clock, stranger

__all__ = ["ana", "clock", "stranger"]


@pytest.fixture
def loaded(db: None) -> None:
    """Load the shipped articles."""
    articles.load()

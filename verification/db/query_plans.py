"""Plans of PostgreSQL for the values that a query has, where a plan for any values would be a bad one."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def for_these_values() -> Iterator[None]:
    """Have each statement of a block planned for its own values.

    The driver prepares a statement that it has run a few times, and PostgreSQL may then use one plan for all. For
    a search whose filters find from nothing to millions of rows, that plan reads the whole table in order of time.
    """
    if connection.vendor != "postgresql":
        yield
        return
    connection.ensure_connection()
    driver = connection.connection
    former, driver.prepare_threshold = driver.prepare_threshold, None
    try:
        yield
    finally:
        driver.prepare_threshold = former

"""Tests of the database backend for PostgreSQL."""

import pytest
from django.db import connection
from psycopg import _queries


@pytest.mark.postgresql
@pytest.mark.django_db
def test_statement_of_many_values_is_read_once() -> None:
    """Seen failing with psycopg's own limit of 50 values."""
    sql = f"SELECT {', '.join(['%s::int'] * 70)}"
    before = _queries._query2pg.cache_info().hits

    with connection.cursor() as cursor:
        for _ in range(3):
            cursor.execute(sql, list(range(70)))

    assert _queries._query2pg.cache_info().hits >= before + 2

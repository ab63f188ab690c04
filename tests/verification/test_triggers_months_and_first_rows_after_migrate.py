"""What `migrate` puts into the engine's tables: triggers where they are missing, first rows in a new database alone."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps as installed
from django.apps.registry import Apps
from django.db import connection
from django.db.migrations.state import ProjectState
from django.test.utils import CaptureQueriesContext

from verification.audit import triggers
from verification.keys import crypto
from verification.management import triggers_months_and_first_rows_after_migrate
from verification.models import AuditEvent, DigestKey, SpendingLimit

pytestmark = pytest.mark.django_db

IS_SQLITE = connection.vendor == "sqlite"
TRIGGERS = triggers._ON_SQLITE if IS_SQLITE else triggers._ON_POSTGRESQL


@pytest.fixture
def empty(db: None) -> Iterator[None]:
    """Empty what a new database gets, and read the keys again afterwards."""
    SpendingLimit.objects.all().delete()
    DigestKey.objects.all().delete()
    yield
    crypto.forget()


def limits() -> set[tuple[str, Decimal | None]]:
    return {(row.span, row.stop_at) for row in SpendingLimit.objects.all()}


def statements(**options: Any) -> list[str]:
    """Run all receivers; give the statements that changed or locked anything."""
    with CaptureQueriesContext(connection) as queries:
        triggers_months_and_first_rows_after_migrate.put_audit_triggers(**options)
        triggers_months_and_first_rows_after_migrate.make_first_rows(**options)
    return [one["sql"] for one in queries if not one["sql"].startswith(("SELECT", "SAVEPOINT", "RELEASE"))]


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def test_new_database_gets_spending_limits_and_a_key(empty: None) -> None:
    triggers_months_and_first_rows_after_migrate.make_first_rows()

    assert limits() == {("day", Decimal(400)), ("month", Decimal(4000))}
    assert DigestKey.objects.count() == 1


def test_spending_limits_that_an_organisation_removed_stay_away() -> None:
    SpendingLimit.objects.all().delete()

    triggers_months_and_first_rows_after_migrate.make_first_rows()

    assert limits() == set()


def test_lost_key_is_not_replaced_beside_a_record(empty: None) -> None:
    AuditEvent.objects.create(at="2026-01-01T00:00:00Z", kind="a.done", key_id="d0", digest="0" * 64)

    triggers_months_and_first_rows_after_migrate.make_first_rows()

    assert not DigestKey.objects.exists()


def test_second_time_changes_and_locks_nothing() -> None:
    """Every deploy runs it, beside processes that write to the record."""
    assert statements() == []


def test_passes_by_while_nothing_is_migrated(empty: None) -> None:
    assert statements(apps=Apps()) == []
    assert not DigestKey.objects.exists()


def test_passes_by_a_table_of_an_older_state(empty: None) -> None:
    """As after `migrate` back to where a column was not there yet."""
    state = ProjectState.from_apps(installed)
    state.remove_field("verification", "digestkey", "made_at")

    triggers_months_and_first_rows_after_migrate.make_first_rows(apps=state.apps)

    assert not DigestKey.objects.exists()


@pytest.mark.parametrize("name", TRIGGERS)
def test_trigger_that_is_missing_is_put_again(name: str) -> None:
    execute(f"DROP TRIGGER {name}" + ("" if IS_SQLITE else f" ON {triggers._table(TRIGGERS[name])}"))

    assert any(f"CREATE TRIGGER {name} " in statement for statement in statements())
    assert statements() == []


@pytest.mark.parametrize("name", TRIGGERS)
def test_trigger_that_differs_is_replaced(name: str) -> None:
    if IS_SQLITE:
        execute(f"DROP TRIGGER {name}")
        execute(f"CREATE TRIGGER {name} BEFORE UPDATE ON {triggers.EVENTS} BEGIN SELECT 1; END")
    else:
        execute(f"ALTER TABLE {triggers._table(TRIGGERS[name])} DISABLE TRIGGER {name}")

    assert any(f"CREATE TRIGGER {name} " in statement for statement in statements())
    assert statements() == []


@pytest.mark.postgresql  # triggers of SQLite have no functions
@pytest.mark.parametrize("name", triggers._FUNCTIONS)
def test_function_that_differs_is_replaced(name: str) -> None:
    execute(f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$")

    assert [statement.partition("()")[0] for statement in statements()] == [f"CREATE OR REPLACE FUNCTION {name}"]
    assert statements() == []

"""Database triggers that refuse to change or remove audit rows. Put by a migration; lifted by tests alone."""

from django.db.backends.base.base import BaseDatabaseWrapper

TABLES = ("verification_auditevent", "verification_auditseal")


def _put_sql(vendor: str, table: str) -> list[str]:
    if vendor == "sqlite":
        return [
            f"CREATE TRIGGER IF NOT EXISTS {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, 'the audit record is written once'); END"
            for verb in ("UPDATE", "DELETE")
        ]
    function = (
        "CREATE OR REPLACE FUNCTION audit_is_written_once() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit record is written once'; END $$"
    )
    trigger = (
        f"CREATE OR REPLACE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_is_written_once()"
    )
    return [function, trigger]


def _lift_sql(vendor: str, table: str) -> list[str]:
    if vendor == "sqlite":
        return [f"DROP TRIGGER IF EXISTS {table}_no_{verb}" for verb in ("update", "delete")]
    return [f"DROP TRIGGER IF EXISTS {table}_no_change ON {table}"]


def put(connection: BaseDatabaseWrapper) -> None:
    """Make the audit tables refuse change and removal."""
    with connection.cursor() as cursor:
        for table in TABLES:
            for statement in _put_sql(connection.vendor, table):
                cursor.execute(statement)


def lift(connection: BaseDatabaseWrapper) -> None:
    """Let the audit tables be emptied, as a test's clean-up must."""
    with connection.cursor() as cursor:
        for table in TABLES:
            for statement in _lift_sql(connection.vendor, table):
                cursor.execute(statement)

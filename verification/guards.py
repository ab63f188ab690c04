"""Database triggers that refuse to change or remove audit rows. Put by migrations; lifted by tests alone.

One change is let through: the personal words of an event may be emptied, and nothing else in the same statement.
"""

from django.db.backends.base.base import BaseDatabaseWrapper

TABLES = ("verification_auditevent", "verification_auditseal")
_KEPT = ("id", "ref", "at", "kind", "actor_id", "user_id", "network", "agent", "detail", "key_id", "digest")
_REFUSE = "BEGIN SELECT RAISE(ABORT, 'the audit record is written once'); END"


_IS_REFUSED = "RAISE EXCEPTION 'the audit record is written once'"
_REFUSES = f"""
    CREATE OR REPLACE FUNCTION audit_is_written_once() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN {_IS_REFUSED}; END $$
"""
_KEEPS_ALL_BUT_WORDS = f"""
    CREATE OR REPLACE FUNCTION audit_keeps_all_but_words() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF OLD.words = '{{}}'::jsonb OR NEW.words <> '{{}}'::jsonb
            OR (to_jsonb(NEW) - 'words') IS DISTINCT FROM (to_jsonb(OLD) - 'words') THEN {_IS_REFUSED}; END IF;
        RETURN NEW; END $$
"""


def _put_sql(vendor: str, table: str, *, is_whole: bool) -> list[str]:
    """Compose the triggers of one table. `is_whole` refuses every change, as before events had personal words."""
    erases = table == TABLES[0] and not is_whole
    if vendor == "sqlite":
        old, new = (", ".join(f"{row}.{name}" for name in _KEPT) for row in ("OLD", "NEW"))
        unless = f"WHEN OLD.words = '{{}}' OR NEW.words <> '{{}}' OR ({old}) IS NOT ({new})" if erases else ""
        return [
            f"CREATE TRIGGER IF NOT EXISTS {table}_no_update BEFORE UPDATE ON {table} {unless} {_REFUSE}",
            f"CREATE TRIGGER IF NOT EXISTS {table}_no_delete BEFORE DELETE ON {table} {_REFUSE}",
        ]
    trigger, whole = "CREATE OR REPLACE TRIGGER", "FOR EACH STATEMENT EXECUTE FUNCTION audit_is_written_once()"
    if not erases:
        return [_REFUSES, f"{trigger} {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} {whole}"]
    by_row = "FOR EACH ROW EXECUTE FUNCTION audit_keeps_all_but_words()"
    return [
        _REFUSES,
        _KEEPS_ALL_BUT_WORDS,
        f"{trigger} {table}_no_change BEFORE DELETE OR TRUNCATE ON {table} {whole}",
        f"{trigger} {table}_no_update BEFORE UPDATE ON {table} {by_row}",
    ]


def _lift_sql(vendor: str, table: str) -> list[str]:
    if vendor == "sqlite":
        return [f"DROP TRIGGER IF EXISTS {table}_no_{verb}" for verb in ("update", "delete")]
    return [f"DROP TRIGGER IF EXISTS {table}_no_{verb} ON {table}" for verb in ("change", "update")]


def put(connection: BaseDatabaseWrapper, *, is_whole: bool = False) -> None:
    """Make the audit tables refuse change and removal."""
    with connection.cursor() as cursor:
        for table in TABLES:
            for statement in _put_sql(connection.vendor, table, is_whole=is_whole):
                cursor.execute(statement)


def lift(connection: BaseDatabaseWrapper) -> None:
    """Let the audit tables be emptied, as a test's clean-up must."""
    with connection.cursor() as cursor:
        for table in TABLES:
            for statement in _lift_sql(connection.vendor, table):
                cursor.execute(statement)

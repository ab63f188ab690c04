"""Database triggers that refuse changes and deletions of audit events. `migrate` creates them; only tests lift them.

One change is let through: the personal words of an event may be emptied, and nothing else in the same statement.
"""

from collections.abc import Iterator

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

TABLES = (EVENTS, SEALS) = ("verification_auditevent", "verification_auditseal")
_KEPT = ("id", "ref", "at", "kind", "actor_id", "user_id", "network", "agent", "detail", "key_id", "digest")
_REFUSAL = "'the audit record is written once'"

# PostgreSQL keeps the bodies word for word, and gives a trigger back in its own words: these are written as it does.
_FUNCTIONS = {
    "audit_is_written_once": f"BEGIN RAISE EXCEPTION {_REFUSAL}; END",
    "audit_keeps_all_but_words": f"""BEGIN
        IF OLD.words = '{{}}'::jsonb OR NEW.words <> '{{}}'::jsonb
            OR (to_jsonb(NEW) - 'words') IS DISTINCT FROM (to_jsonb(OLD) - 'words') THEN RAISE EXCEPTION {_REFUSAL};
        END IF;
        RETURN NEW; END""",
}
_REFUSES = "FOR EACH STATEMENT EXECUTE FUNCTION audit_is_written_once()"
_ON_POSTGRESQL = {
    f"{EVENTS}_no_change": f"BEFORE DELETE OR TRUNCATE ON {EVENTS} {_REFUSES}",
    f"{EVENTS}_no_update": f"BEFORE UPDATE ON {EVENTS} FOR EACH ROW EXECUTE FUNCTION audit_keeps_all_but_words()",
    f"{SEALS}_no_change": f"BEFORE DELETE OR UPDATE OR TRUNCATE ON {SEALS} {_REFUSES}",
}

_OLD, _NEW = (", ".join(f"{row}.{name}" for name in _KEPT) for row in ("OLD", "NEW"))
_UNLESS = f"WHEN OLD.words = '{{}}' OR NEW.words <> '{{}}' OR ({_OLD}) IS NOT ({_NEW})"
_REFUSE = f"BEGIN SELECT RAISE(ABORT, {_REFUSAL}); END"
_ON_SQLITE = {
    f"{EVENTS}_no_update": f"BEFORE UPDATE ON {EVENTS} {_UNLESS} {_REFUSE}",
    f"{EVENTS}_no_delete": f"BEFORE DELETE ON {EVENTS} {_REFUSE}",
    f"{SEALS}_no_update": f"BEFORE UPDATE ON {SEALS} {_REFUSE}",
    f"{SEALS}_no_delete": f"BEFORE DELETE ON {SEALS} {_REFUSE}",
}


def put(connection: BaseDatabaseWrapper) -> None:
    """Make the audit tables refuse change and removal. Where they do, this changes and locks nothing."""
    missing = list(_missing(connection))
    if missing:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            for statement in missing:
                cursor.execute(statement)


def lift(connection: BaseDatabaseWrapper) -> None:
    """Let the audit tables be emptied, as a test's clean-up must."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for name in _ON_SQLITE:
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
        else:
            for name, what in _ON_POSTGRESQL.items():
                cursor.execute(f"DROP TRIGGER IF EXISTS {name} ON {_table(what)}")


def _missing(connection: BaseDatabaseWrapper) -> Iterator[str]:
    """Return the statements that put what is missing or differs."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            there = dict(cursor.fetchall())
            for name, what in _ON_SQLITE.items():
                if there.get(name) != f"CREATE TRIGGER {name} {what}":
                    yield f"DROP TRIGGER IF EXISTS {name}"
                    yield f"CREATE TRIGGER {name} {what}"
            return
        cursor.execute(
            "SELECT proname, prosrc FROM pg_proc"
            " WHERE pronamespace = current_schema()::regnamespace AND proname = ANY(%s)",
            [list(_FUNCTIONS)],
        )
        there = dict(cursor.fetchall())
        for name, body in _FUNCTIONS.items():
            if there.get(name) != body:
                yield f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $${body}$$"
        cursor.execute(
            "SELECT tgname, pg_get_triggerdef(oid, true) FROM pg_trigger"
            " WHERE tgrelid = ANY(%s::regclass[]) AND tgenabled = 'O'",
            [list(TABLES)],
        )
        there = dict(cursor.fetchall())
        for name, what in _ON_POSTGRESQL.items():
            if there.get(name) != f"CREATE TRIGGER {name} {what}":
                yield f"DROP TRIGGER IF EXISTS {name} ON {_table(what)}"
                yield f"CREATE TRIGGER {name} {what}"


def _table(what: str) -> str:
    """Read which table a trigger of PostgreSQL is on."""
    return next(table for table in TABLES if f" ON {table} " in what)

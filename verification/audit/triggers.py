"""Database triggers that refuse changes and deletions of audit events. `migrate` creates them; only tests lift them.

Two changes are let through: the personal words of an event may be emptied, and nothing else in the same statement; and
what a signed statement says was removed may be deleted, which verifying the chain checks.
"""

from collections.abc import Collection, Iterator

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

from verification.db import partitions

TABLES = (EVENTS, SEALS, REMOVALS) = (
    "verification_auditevent",
    "verification_auditseal",
    "verification_auditremoval",
)
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
    "audit_event_was_removed": f"""BEGIN
        IF OLD.id < (SELECT max(boundary) FROM {REMOVALS}) THEN RETURN OLD; END IF;
        RAISE EXCEPTION {_REFUSAL}; END""",  # noqa: S608  (names of our own tables)
    "audit_seal_was_removed": f"""BEGIN
        IF OLD.number <= (SELECT max(last_seal) FROM {REMOVALS}) THEN RETURN OLD; END IF;
        RAISE EXCEPTION {_REFUSAL}; END""",  # noqa: S608  (the same)
}
_REFUSES = "FOR EACH STATEMENT EXECUTE FUNCTION audit_is_written_once()"
_ON_POSTGRESQL = {
    f"{EVENTS}_no_truncate": f"BEFORE TRUNCATE ON {EVENTS} {_REFUSES}",
    f"{EVENTS}_no_delete": f"BEFORE DELETE ON {EVENTS} FOR EACH ROW EXECUTE FUNCTION audit_event_was_removed()",
    f"{EVENTS}_no_update": f"BEFORE UPDATE ON {EVENTS} FOR EACH ROW EXECUTE FUNCTION audit_keeps_all_but_words()",
    f"{SEALS}_no_change": f"BEFORE UPDATE OR TRUNCATE ON {SEALS} {_REFUSES}",
    f"{SEALS}_no_delete": f"BEFORE DELETE ON {SEALS} FOR EACH ROW EXECUTE FUNCTION audit_seal_was_removed()",
    f"{REMOVALS}_no_change": f"BEFORE DELETE OR UPDATE OR TRUNCATE ON {REMOVALS} {_REFUSES}",
}
# The months of a table take over its triggers for rows, and need one of their own against emptying them.
_OF_A_MONTH = f"{EVENTS}_no_truncate"

_OLD, _NEW = (", ".join(f"{row}.{name}" for name in _KEPT) for row in ("OLD", "NEW"))
_UNLESS = f"WHEN OLD.words = '{{}}' OR NEW.words <> '{{}}' OR ({_OLD}) IS NOT ({_NEW})"
_UNTIL = f"WHEN NOT EXISTS (SELECT 1 FROM {REMOVALS} WHERE {{}})"  # noqa: S608  (it isn't stated to be removed)
_REFUSE = f"BEGIN SELECT RAISE(ABORT, {_REFUSAL}); END"
_ON_SQLITE = {
    f"{EVENTS}_no_update": f"BEFORE UPDATE ON {EVENTS} {_UNLESS} {_REFUSE}",
    f"{EVENTS}_no_delete": f"BEFORE DELETE ON {EVENTS} {_UNTIL.format('boundary > OLD.id')} {_REFUSE}",
    f"{SEALS}_no_update": f"BEFORE UPDATE ON {SEALS} {_REFUSE}",
    f"{SEALS}_no_delete": f"BEFORE DELETE ON {SEALS} {_UNTIL.format('last_seal >= OLD.number')} {_REFUSE}",
    f"{REMOVALS}_no_update": f"BEFORE UPDATE ON {REMOVALS} {_REFUSE}",
    f"{REMOVALS}_no_delete": f"BEFORE DELETE ON {REMOVALS} {_REFUSE}",
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
            return
        for name, what in _ON_POSTGRESQL.items():
            cursor.execute(f"DROP TRIGGER IF EXISTS {name} ON {_table(what)}")
        for part in partitions.names(connection, EVENTS):
            cursor.execute(f"DROP TRIGGER IF EXISTS {_OF_A_MONTH} ON {part}")


def _missing(connection: BaseDatabaseWrapper) -> Iterator[str]:
    """Return the statements that create what is missing or differs."""
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
        there = _enabled(cursor, TABLES)
        for name, what in _ON_POSTGRESQL.items():
            if there.get((_table(what), name)) != f"CREATE TRIGGER {name} {what}":
                yield f"DROP TRIGGER IF EXISTS {name} ON {_table(what)}"
                yield f"CREATE TRIGGER {name} {what}"
        yield from _missing_of_months(connection, cursor)


def _missing_of_months(connection: BaseDatabaseWrapper, cursor: CursorWrapper) -> Iterator[str]:
    parts = partitions.names(connection, EVENTS)
    there = _enabled(cursor, parts)
    for part in parts:
        if (part, _OF_A_MONTH) not in there:
            yield f"DROP TRIGGER IF EXISTS {_OF_A_MONTH} ON {part}"
            yield f"CREATE TRIGGER {_OF_A_MONTH} BEFORE TRUNCATE ON {part} {_REFUSES}"
        for name, what in _ON_POSTGRESQL.items():
            # Those for rows come from the whole table, and can only be switched off here.
            if _table(what) == EVENTS and name != _OF_A_MONTH and (part, name) not in there:
                yield f"ALTER TABLE {part} ENABLE TRIGGER {name}"


def _enabled(cursor: CursorWrapper, tables: Collection[str]) -> dict[tuple[str, str], str]:
    """Return the triggers of tables that are switched on: what each is, by table and name."""
    cursor.execute(
        "SELECT relname, tgname, pg_get_triggerdef(t.oid, true) FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid"
        " WHERE tgrelid = ANY(%s::regclass[]) AND tgenabled = 'O' AND NOT tgisinternal",
        [list(tables)],
    )
    return {(table, name): text for table, name, text in cursor.fetchall()}


def _table(what: str) -> str:
    """Read which table a trigger of PostgreSQL is on."""
    return next(table for table in TABLES if f" ON {table} " in what)

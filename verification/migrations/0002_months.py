"""Puts tables that only grow into parts, one a month, on PostgreSQL: old months can be dropped at once.

Their ids become numbers in the order of time, so that a range of ids is a range of time: 41 bits of milliseconds since
2020, then 22 bits of a sequence. A table keeps its columns, indexes and constraints under the names that Django knows.
`migrate` and the daily clean-up make the months; the part of the rest takes what has no month yet.
"""

from typing import Any

from django.db import migrations

_TABLES = ("verification_auditevent", "verification_message")
# PostgreSQL's are tiny: rows are written in the order of time, so each few blocks have a range of times.
_BY_TIME = (
    ("audit_by_time", "verification_auditevent", "at"),
    ("messages_by_time", "verification_message", "created_at"),
)
# Pages of these keep room, so that an update of a row needs no new entry in any index.
_UPDATED = {
    "verification_challenge": 85,
    "verification_counter": 70,
    "verification_circuit": 50,
    "verification_enrolment": 85,
    "verification_failure": 85,
}

_IDS = (
    "CREATE SEQUENCE IF NOT EXISTS verification_ids CACHE 1",
    """CREATE OR REPLACE FUNCTION verification_id() RETURNS bigint LANGUAGE sql VOLATILE AS $$
    SELECT (floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint - 1577836800000) << 22
        | (nextval('verification_ids') & 4194303) $$""",
)


def part(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor != "postgresql":
        for name, table, column in _BY_TIME:
            schema_editor.execute(f"CREATE INDEX {name} ON {table} ({column})")
        return
    with schema_editor.connection.cursor() as cursor:
        for statement in _IDS:
            cursor.execute(statement)
        for table in _TABLES:
            _part(cursor, table)
        for name, table, column in _BY_TIME:
            cursor.execute(f"CREATE INDEX {name} ON {table} USING brin ({column}) WITH (pages_per_range = 16)")
        for table, share in _UPDATED.items():
            cursor.execute(f"ALTER TABLE {table} SET (fillfactor = {share})")


def _part(cursor: Any, table: str) -> None:
    cursor.execute("SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass"
                   " AND contype <> 'c' ORDER BY contype = 'f'", [table])
    constraints = cursor.fetchall()
    cursor.execute("SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = %s::regclass AND NOT EXISTS"
                   " (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u'))", [table])
    indexes = [definition for (definition,) in cursor.fetchall()]
    cursor.execute("SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
                   " WHERE confrelid = %s::regclass AND contype = 'f'", [table])
    naming = cursor.fetchall()
    plain = f"{table}_plain"
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for other, name, _ in naming:
        cursor.execute(f'ALTER TABLE {other} DROP CONSTRAINT "{name}"')
    cursor.execute(f"ALTER TABLE {table} RENAME TO {plain}")
    cursor.execute(f"CREATE TABLE {table} (LIKE {plain} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE)"
                   " PARTITION BY RANGE (id)")
    cursor.execute(f"ALTER TABLE {table} ALTER id SET DEFAULT verification_id()")
    cursor.execute(f"CREATE TABLE {table}_rest PARTITION OF {table} DEFAULT")
    cursor.execute(f"INSERT INTO {table} SELECT * FROM {plain}")
    cursor.execute(f"DROP TABLE {plain}")
    for name, definition in constraints:
        cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
    for definition in indexes:
        cursor.execute(definition)
    for other, name, definition in naming:
        cursor.execute(f'ALTER TABLE {other} ADD CONSTRAINT "{name}" {definition}')
    cursor.execute("SET CONSTRAINTS ALL DEFERRED")


class Migration(migrations.Migration):
    dependencies = [("verification", "0001_initial")]

    operations = [migrations.RunPython(part, migrations.RunPython.noop)]

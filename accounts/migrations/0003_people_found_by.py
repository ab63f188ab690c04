"""The challenge of a session, and what PostgreSQL alone has: an index of trigrams, by which parts of names are found among millions of people, and room
in the pages of people and sessions, so that an update of a row needs no new entry in any index. Nobody looks for
sessions by LIKE, so the index for that, which Django adds to a key that is text, is dropped.
"""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models


def create_index(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        schema_editor.execute("CREATE INDEX people_found_by ON accounts_user USING gin (found_by gin_trgm_ops)")
        for table in ("accounts_user", "accounts_session"):
            schema_editor.execute(f"ALTER TABLE {table} SET (fillfactor = 85)")
        with schema_editor.connection.cursor() as cursor:
            cursor.execute("SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = 'accounts_session'::regclass"
                           " AND indexrelid::regclass::text LIKE '%\\_like'")
            for (name,) in cursor.fetchall():
                cursor.execute(f"DROP INDEX {name}")


def drop_index(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX IF EXISTS people_found_by")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_tables_of_people"), ("verification", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="session",
            name="challenge",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="verification.challenge",
            ),
        ),
        migrations.RunPython(create_index, drop_index),
    ]

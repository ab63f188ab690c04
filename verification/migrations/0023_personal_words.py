"""Personal words of audit events stand apart, so that they can be erased; the triggers let that through."""

from typing import Any

from django.db import migrations, models

from verification import guards


def put(apps: Any, editor: Any) -> None:
    guards.put(editor.connection)


def lift(apps: Any, editor: Any) -> None:
    guards.lift(editor.connection)


def put_whole(apps: Any, editor: Any) -> None:
    guards.put(editor.connection, is_whole=True)


class Migration(migrations.Migration):
    dependencies = [("verification", "0022_pause_is_warning")]

    operations = [
        migrations.RunPython(lift, put_whole),
        migrations.AddField("auditevent", "words", models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))),
        migrations.RunPython(put, lift),
    ]

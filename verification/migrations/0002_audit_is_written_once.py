"""Triggers that refuse to change or remove rows of the audit record."""

from typing import Any

from django.db import migrations

from verification import guards


def put(apps: Any, editor: Any) -> None:
    guards.put(editor.connection, is_whole=True)


def lift(apps: Any, editor: Any) -> None:
    guards.lift(editor.connection)


class Migration(migrations.Migration):
    dependencies = [("verification", "0001_initial")]

    operations = [migrations.RunPython(put, lift)]

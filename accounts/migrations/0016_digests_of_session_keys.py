"""Sessions are kept under a digest of their key. Everybody who is signed in stays so."""

from typing import Any

from django.db import migrations

from accounts.sessions import row_key


def digest(apps: Any, editor: Any) -> None:
    """Put a digest in place of each key. A key has 32 characters, a digest 40."""
    rows = apps.get_model("accounts", "Session").objects
    for key in list(rows.values_list("session_key", flat=True)):
        if len(key) < 40:
            rows.filter(session_key=key).update(session_key=row_key(key))


def end_all(apps: Any, editor: Any) -> None:
    """End all sessions: an older release cannot find them by a digest."""
    apps.get_model("accounts", "Session").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("accounts", "0015_sent_forms")]

    operations = [migrations.RunPython(digest, end_all)]

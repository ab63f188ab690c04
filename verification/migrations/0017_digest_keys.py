"""Keys of digests move from the ring into the database, sealed by the ring. Where there are digests, their keys are kept."""

from typing import Any

from django.conf import settings
from django.db import migrations, models

from verification import key_uses


def keep_keys(apps: Any, editor: Any) -> None:
    """Keep each key of the ring as a key of digests, in the same order, so that all digests so far stay good."""
    if apps.get_model("verification", "AuditEvent").objects.exists():
        for name, value in settings.MFA_KEYS:
            key_uses.add_digest_key(apps.get_model("verification", "DigestKey"), name, value)


class Migration(migrations.Migration):
    dependencies = [("verification", "0016_circuits_told")]

    operations = [
        migrations.CreateModel(
            name="DigestKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=32, unique=True)),
                ("sealed", models.TextField(editable=False)),
                ("made_at", models.DateTimeField()),
            ],
        ),
        migrations.RunPython(keep_keys, migrations.RunPython.noop),
    ]

"""The migrations of this version that the database lacks."""

from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.db import connection


def missing() -> list[str]:
    """Name the migrations that aren't applied. Compares file names: loading them costs memory."""
    from django.db.migrations.recorder import MigrationRecorder  # noqa: PLC0415  (workers don't need it)

    applied = MigrationRecorder(connection).applied_migrations()
    return [f"{label}.{name}" for label, name in _shipped() if (label, name) not in applied]


def _shipped() -> Iterator[tuple[str, str]]:
    for config in apps.get_app_configs():
        folder = Path(config.path) / "migrations"
        yield from ((config.label, file.stem) for file in sorted(folder.glob("[0-9]*.py")))

"""The migrations of this version that the database lacks."""

from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.db import connection

_TABLE = "django_migrations"


def missing() -> list[str]:
    """Name the migrations that aren't applied. Compares file names, because loading them costs memory."""
    applied = _applied()
    return [f"{label}.{name}" for label, name in _shipped() if (label, name) not in applied]


def _applied() -> set[tuple[str, str]]:
    with connection.cursor() as cursor:
        if _TABLE not in connection.introspection.table_names(cursor):
            return set()
        cursor.execute(f"SELECT app, name FROM {_TABLE}")  # noqa: S608  (a name of Django's)
        return set(cursor.fetchall())


def _shipped() -> Iterator[tuple[str, str]]:
    for config in apps.get_app_configs():
        folder = Path(config.path) / "migrations"
        yield from ((config.label, file.stem) for file in sorted(folder.glob("[0-9]*.py")))

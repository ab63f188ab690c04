"""`migrate` as Django has it, one host at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.commands import migrate
from django.db import connections

_LOCK = 0x6D_66_61  # any number, as long as it is the same in every version


class Command(migrate.Command):
    """Waits while another host migrates the same database, and then finds nothing left to do."""

    def handle(self, *args: Any, **options: Any) -> Any:
        if options["plan"] or options["check_unapplied"]:
            return super().handle(*args, **options)
        with _alone(options["database"]):
            return super().handle(*args, **options)


@contextmanager
def _alone(alias: str) -> Iterator[None]:
    """Hold a lock of PostgreSQL. A database of SQLite belongs to one machine, where nobody deploys twice at once.

    The lock has a connection and a transaction of its own: behind a pooler, a lock of the session would stay with a
    connection that others are given.
    """
    if connections[alias].vendor != "postgresql":
        yield
        return
    lock = connections[alias].copy()
    lock.settings_dict["OPTIONS"].pop("pool", None)  # which may hold a single connection
    try:
        lock.set_autocommit(False)
        with lock.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        yield
    finally:
        lock.close()

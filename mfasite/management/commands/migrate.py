"""Django's `migrate`, on one host at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.commands import migrate
from django.db import connections

_LOCK = 0x6D_66_61  # any number, as long as it is the same in every version


class Command(migrate.Command):
    """Wait while another host migrates the same database; then nothing is left to do."""

    def handle(self, *args: Any, **options: Any) -> Any:
        if options["plan"] or options["check_unapplied"]:
            return super().handle(*args, **options)
        with _alone(options["database"]):
            return super().handle(*args, **options)


@contextmanager
def _alone(alias: str) -> Iterator[None]:
    """Hold a PostgreSQL lock. SQLite belongs to one machine, where two deployments do not run at once.

    The lock has its own connection and transaction: behind a pooler, a session lock would stay on a connection that is
    given to others.
    """
    if connections[alias].vendor != "postgresql":
        yield
        return
    lock = connections[alias].copy()
    lock.settings_dict["OPTIONS"].pop("pool", None)  # a pool may have only one connection
    try:
        lock.set_autocommit(False)
        with lock.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        yield
    finally:
        lock.close()

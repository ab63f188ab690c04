"""Django's `migrate`, on one host at a time, which creates the tables of a migration together."""

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import Any

from django.core.management.commands import migrate
from django.db import connections
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import CreateModel, Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

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


class _CreateModels(Operation):
    """Creates the tables of several models one after another, and builds the classes of all models once.

    Django builds the classes of a new model and of all models that are related to it, and ours all are: two thirds of
    the time of a first `migrate` went into that.
    """

    def __init__(self, operations: Sequence[CreateModel]) -> None:
        self.operations = operations

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        vars(state).pop("apps", None)  # the classes; the next that asks for them builds them
        for operation in self.operations:
            operation.state_forwards(app_label, state)

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        for operation in self.operations:
            operation.database_forwards(app_label, schema_editor, from_state, to_state)


class _Executor(MigrationExecutor):
    def apply_migration(
        self, state: ProjectState, migration: Migration, fake: bool = False, fake_initial: bool = False
    ) -> ProjectState:
        if not fake and not fake_initial:
            migration = copy.copy(migration)
            vars(migration)["operations"] = list(_together(migration.operations))  # of this copy
        return super().apply_migration(state, migration, fake=fake, fake_initial=fake_initial)


def _together(operations: Sequence[Operation]) -> Iterator[Operation]:
    for creates, found in groupby(operations, lambda operation: type(operation) is CreateModel):
        if creates:
            yield _CreateModels([operation for operation in found if isinstance(operation, CreateModel)])
        else:
            yield from found


migrate.MigrationExecutor = _Executor  # type: ignore[attr-defined]  # Django's command has no other place for it

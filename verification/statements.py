"""Statements that are written once, for the few that every sign-in runs; what they ask stands where they are used.

Django composes a statement anew at each call, which takes it five to fifteen times as long as the rest of the call.
Here it composes it once a thread, and afterwards only the values are put in. Rows become models by Django's own hand.
"""

import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import Enum
from typing import Any, Generic, TypeVar

from django.db import connections, router, transaction
from django.db.models import Expression, Model, QuerySet
from django.db.models.query import ModelIterable
from django.db.models.sql import DeleteQuery, InsertQuery, UpdateQuery

M = TypeVar("M", bound=Model)


class Slot(Expression):
    """A place in a statement for a value that is known at the call: a word, a number, an instant or none."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", (self,)

    def fill(self, values: Mapping[str, Any], operations: Any) -> Any:
        """Give the value as the database's driver takes it."""
        value = values[self.name]
        if isinstance(value, datetime):
            return operations.adapt_datetimefield_value(value)
        return str(value) if isinstance(value, Enum) else value


class _Statement(threading.local):
    """A statement as this thread's connection speaks it; another thread begins with an empty one of its own."""

    def __init__(self, build: Callable[[], Any]) -> None:
        self._build = build
        self._compiler: Any = None
        self._sql = ""
        self._slots: tuple[Any, ...] = ()

    def _compose(self) -> Any:
        raise NotImplementedError

    def _filled(self, values: dict[str, Any]) -> tuple[str, tuple[Any, ...]]:
        """Give the statement and its values. Errors: `KeyError` when a slot's value is missing."""
        if self._compiler is None or self._compiler.connection is not connections[self._compiler.using]:
            self._compiler = self._compose()
            self._sql, self._slots = self._compiler.as_sql()
        operations = self._compiler.connection.ops
        return self._sql, tuple(
            slot.fill(values, operations) if isinstance(slot, Slot) else slot for slot in self._slots
        )


class Select(_Statement, Generic[M]):
    """A select of models. `build` gives its queryset, with a `Slot` wherever a value belongs."""

    def __init__(self, build: "Callable[[], QuerySet[M]]") -> None:
        super().__init__(build)

    def _compose(self) -> Any:
        self._queryset = self._build()
        compiler = self._queryset.query.get_compiler(using=self._queryset.db)
        self._queryset.query.get_compiler = lambda *_args, **_more: compiler
        return compiler

    def all(self, **values: Any) -> list[M]:
        """Run it and give its rows."""
        filled = self._filled(values)
        self._compiler.as_sql = lambda *_args, **_more: filled
        return list(ModelIterable(self._queryset))

    def first(self, **values: Any) -> M | None:
        """Run it and give its first row, none without rows. It sets no limit of its own: ask by what is unique."""
        return next(iter(self.all(**values)), None)


class _Change(_Statement):
    def run(self, **values: Any) -> int:
        """Run it and tell how many rows it changed."""
        sql, parameters = self._filled(values)
        connection = self._compiler.connection
        with transaction.mark_for_rollback_on_error(using=connection.alias), connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return int(cursor.rowcount)


class Update(_Change):
    """A guarded update. `build` gives the rows and the changes, with a `Slot` wherever a value belongs."""

    def __init__(self, build: "Callable[[], tuple[QuerySet[Any], dict[str, Any]]]") -> None:
        super().__init__(build)

    def _compose(self) -> Any:
        rows, changes = self._build()
        query = rows.query.chain(UpdateQuery)
        query.add_update_values(changes)
        return query.get_compiler(using=rows.db)


class Delete(_Change):
    """A delete of rows that no other row names. `build` gives them, with a `Slot` wherever a value belongs."""

    def __init__(self, build: "Callable[[], QuerySet[Any]]") -> None:
        super().__init__(build)

    def _compose(self) -> Any:
        rows = self._build()
        return rows.query.chain(DeleteQuery).get_compiler(using=rows.db)


class Insert(threading.local, Generic[M]):
    """An insert of models without parents. Unlike `save` it sends no signals, and trusts that related rows exist."""

    def __init__(self, model: type[M]) -> None:
        self._model = model
        self._compiler: Any = None
        self._sql = ""
        self._fields: list[Any] = []

    def _compose(self, row: M) -> None:
        meta = self._model._meta  # noqa: SLF001  (public, despite its name)
        self._fields = [field for field in meta.concrete_fields if field is not meta.auto_field]
        query = InsertQuery(self._model)
        query.insert_values(self._fields, [row])
        self._compiler = query.get_compiler(using=router.db_for_write(self._model))
        self._compiler.returning_fields = [meta.auto_field] if meta.auto_field else None
        [(self._sql, _)] = self._compiler.as_sql()

    def run(self, row: M) -> None:
        """Write a new row, which learns the key that the database gives it."""
        if self._compiler is None or self._compiler.connection is not connections[self._compiler.using]:
            self._compose(row)
        connection = self._compiler.connection
        parameters = [field.get_db_prep_save(field.pre_save(row, add=True), connection) for field in self._fields]
        with transaction.mark_for_rollback_on_error(using=connection.alias), connection.cursor() as cursor:
            cursor.execute(self._sql, parameters)
            if self._compiler.returning_fields:
                row.pk = connection.ops.fetch_returned_insert_columns(cursor, self._compiler.returning_params)[0]
        row._state.adding, row._state.db = False, connection.alias  # noqa: SLF001  (as `save` does)

"""Compiled queries: SQL that Django builds once in a process, for the statements that run most often.

Django builds a statement again at each call, which takes five to fifteen times as long as the rest of the call. Here it
builds it once, and each call only fills in its values. Django's own code still turns rows into models.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Generic, TypeVar

from django.db import connections, router, transaction
from django.db.models import Expression, Model, QuerySet
from django.db.models.sql import DeleteQuery, InsertQuery, UpdateQuery

from verification.db import batched_writes, django_internals
from verification.db.batched_writes import KeyOf, Rows, Write

M = TypeVar("M", bound=Model)


class BindParam(Expression):
    """A placeholder in a statement for a value of the call: a word, a number, an instant, JSON or none."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", (self,)

    def fill(self, values: Mapping[str, Any], operations: Any) -> Any:
        """Return the value as the database's driver takes it."""
        value = values[self.name]
        if isinstance(value, datetime):
            return operations.adapt_datetimefield_value(value)
        if isinstance(value, dict):
            return operations.adapt_json_value(value, None)
        return str(value) if isinstance(value, Enum) else value


def bind_each(name: str, n: int) -> list[Any]:
    """Return placeholders for up to `n` values, for a lookup with `__in`."""
    return [BindParam(f"{name}{at}") for at in range(n)]


def fill_each(name: str, values: Sequence[Any], n: int) -> dict[str, Any]:
    """Return what fills the places of `bind_each`: the last of few values fills the others. There is at least one."""
    return {f"{name}{at}": values[min(at, len(values) - 1)] for at in range(n)}


class _Statement:
    """A statement and its parameters. Two threads that compose it at the same time get the same result."""

    def __init__(self, build: Callable[[], Any]) -> None:
        self._build = build
        self._composed: tuple[Any, str, tuple[Any, ...]] | None = None

    def _compose(self) -> Any:
        raise NotImplementedError

    def _fetched(self, values: dict[str, Any]) -> tuple[Any, list[Any]]:
        """Run it, and return its compiler and its rows as the driver gives them."""
        compiler, sql, parameters = self._filled(values)
        with connections[compiler.using].cursor() as cursor:
            cursor.execute(sql, parameters)
            return compiler, cursor.fetchall()

    def _filled(self, values: dict[str, Any]) -> tuple[Any, str, tuple[Any, ...]]:
        """Return a compiler, the statement and its values. Errors: `KeyError` when a parameter's value is missing."""
        if self._composed is None:
            compiler = self._compose()
            self._composed = (compiler, *compiler.as_sql())
        compiler, sql, slots = self._composed
        operations = connections[compiler.using].ops
        return (
            compiler,
            sql,
            tuple(slot.fill(values, operations) if isinstance(slot, BindParam) else slot for slot in slots),
        )


class _Shape(Generic[M]):
    """How the rows of a select become models, worked out once: whose a column is, and what turns it into a value."""

    def __init__(self, compiler: Any) -> None:
        self._db = compiler.using
        self._model = compiler.klass_info["model"]
        fields = compiler.klass_info["select_fields"]
        self._own = slice(fields[0], fields[-1] + 1)
        self._names = [column.target.attname for column, *_ in compiler.select[self._own]]
        self._related = django_internals.related_populators(compiler)
        self._annotations = dict(compiler.annotation_col_map or {})
        columns = [column for column, *_ in compiler.select]
        self._converters = [(at, *found) for at, found in compiler.get_converters(columns).items()]

    def read(self, row: Any, connection: Any) -> tuple[M, dict[str, Any]]:
        """Make the model of one row, and those that it names, with Django's own code, and return its annotations."""
        values = list(row)
        for at, converters, column in self._converters:
            for convert in converters:
                values[at] = convert(values[at], column, connection)
        made = self._model.from_db(self._db, self._names, values[self._own])
        for related in self._related:
            related.populate(values, made)
        return made, {name: values[at] for name, at in self._annotations.items()}


class Select(_Statement, Generic[M]):
    """A select of models. `build` gives its queryset, with a `BindParam` wherever a value belongs."""

    def __init__(self, build: "Callable[[], QuerySet[M]]") -> None:
        super().__init__(build)
        self._shape: _Shape[M] | None = None

    def _compose(self) -> Any:
        queryset = self._build()
        return queryset.query.get_compiler(using=queryset.db)

    def all(self, **values: Any) -> list[M]:
        """Run it and give its rows, without their annotations."""
        return [row for row, _annotations in self.annotated(**values)]

    def annotated(self, **values: Any) -> list[tuple[M, dict[str, Any]]]:
        """Run it and give its rows, each with its annotations beside it: a model holds nothing but its fields."""
        compiler, rows = self._fetched(values)
        if self._shape is None:
            self._shape = _Shape(compiler)
        connection: Any = connections[compiler.using]
        return [self._shape.read(row, connection) for row in rows]

    def first(self, **values: Any) -> M | None:
        """Run it and return its first row, or None. It sets no limit, so filter by something unique."""
        return next(iter(self.all(**values)), None)

    def beside(self, **values: Any) -> "Beside[M]":
        """Return this select of one row at most, to be sent with a write."""
        return Beside(self, values)

    def first_with(self, sql: str, values: Sequence[Any], bound: dict[str, Any]) -> tuple[Rows, M | None]:
        """Run a write that returns rows, and then this select; PostgreSQL gets both in one statement."""
        compiler, own, parameters = self._filled(bound)
        connection: Any = connections[compiler.using]
        with transaction.mark_for_rollback_on_error(using=connection.alias), connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute(sql, values)
                return batched_writes.named(cursor), self.first(**bound)
            both = f"""
                WITH written AS ({sql}), found AS ({own})
                SELECT (SELECT jsonb_agg(written) FROM written), found.*
                FROM (SELECT 1) AS one LEFT JOIN (SELECT true AS is_found, * FROM found) AS found ON true
            """  # noqa: S608  (only placeholders are put in)
            cursor.execute(both, [*values, *parameters])
            [(written, is_found, *row)] = cursor.fetchall()
        if self._shape is None:
            self._shape = _Shape(compiler)
        return json.loads(written or "[]"), self._shape.read(row, connection)[0] if is_found else None


class Values(_Statement):
    """A select of columns, which need no model. `build` gives its `values_list`, with a `BindParam` for each value."""

    def _compose(self) -> Any:
        queryset = self._build()
        return queryset.query.get_compiler(using=queryset.db)

    def all(self, **values: Any) -> list[tuple[Any, ...]]:
        """Run it and give its rows."""
        compiler, rows = self._fetched(values)
        converters = compiler.get_converters([column for column, *_ in compiler.select])
        return [tuple(row) for row in (compiler.apply_converters(rows, converters) if converters else rows)]


class Beside(Generic[M]):
    """A select that is sent with a write. `row` is what it found, once the write was run."""

    def __init__(self, select: Select[M], values: dict[str, Any]) -> None:
        self._select, self._values = select, values
        self.row: M | None = None

    def run(self, sql: str, values: Sequence[Any]) -> Rows:
        """Run the write and the select, and return the rows of the write."""
        rows, self.row = self._select.first_with(sql, values, self._values)
        return rows


class _Change(_Statement):
    def run(self, **values: Any) -> int:
        """Run it and return how many rows it changed."""
        compiler, sql, parameters = self._filled(values)
        connection = connections[compiler.using]
        with transaction.mark_for_rollback_on_error(using=connection.alias), connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return int(cursor.rowcount)

    def run_many(self, values: Sequence[dict[str, Any]]) -> None:
        """Run it once for each set of values, at least one, sent to PostgreSQL in one go. Call it in a transaction."""
        filled = [self._filled(each) for each in values]
        compiler, sql, _ = filled[0]
        with connections[compiler.using].cursor() as cursor:
            cursor.executemany(sql, [parameters for *_, parameters in filled])

    def later(self, then: Callable[[Rows], None] | None = None, **values: Any) -> None:
        """Run it with the other writes of a `batched_writes.block`. `then` gets a row for each row that it changed."""
        sql, parameters = self.statement(**values)
        batched_writes.later(Write(sql=sql, values=parameters, returning="1 AS n", then=then))

    def statement(self, **values: Any) -> tuple[str, tuple[Any, ...]]:
        """Return the statement and its values, for a larger one that contains it."""
        _, sql, parameters = self._filled(values)
        return sql, parameters


class Update(_Change):
    """A guarded update. `build` gives the rows and the changes, with a `BindParam` wherever a value belongs."""

    def __init__(self, build: "Callable[[], tuple[QuerySet[Any], dict[str, Any]]]") -> None:
        super().__init__(build)

    def _compose(self) -> Any:
        rows, changes = self._build()
        query = rows.query.chain(UpdateQuery)
        query.add_update_values(changes)
        return query.get_compiler(using=rows.db)


class Delete(_Change):
    """A delete of rows that no other row names. `build` gives them, with a `BindParam` wherever a value belongs."""

    def __init__(self, build: "Callable[[], QuerySet[Any]]") -> None:
        super().__init__(build)

    def _compose(self) -> Any:
        rows = self._build()
        return rows.query.chain(DeleteQuery).get_compiler(using=rows.db)


@dataclass(frozen=True)
class Computed:
    """A value of a new row that the database works out. Shape: `sql` has a place for each of the named fields."""

    sql: str
    values: tuple[str, ...]


class Insert(Generic[M]):
    """An insert of models without parents. Unlike `save` it sends no signals, and trusts that related rows exist.

    `computed` are the fields that the database works out. The model that is inserted does not learn them.
    """

    def __init__(self, model: type[M], **computed: Computed) -> None:
        self._model = model
        self._computed = computed
        self._composed: tuple[Any, str, list[Any]] | None = None

    def _compose(self, row: M) -> tuple[Any, str, list[Any]]:
        meta = self._model._meta
        fields = [field for field in meta.concrete_fields if field is not meta.auto_field]
        query = InsertQuery(self._model)
        query.insert_values(fields, [row])
        compiler = query.get_compiler(using=router.db_for_write(self._model))
        compiler.returning_fields = [meta.auto_field] if meta.auto_field else None
        [(sql, _)] = compiler.as_sql()
        start, *pieces = sql.split("%s")
        places = [f"({self._computed[field.name].sql})" if field.name in self._computed else "%s" for field in fields]
        sql = start + "".join(place + piece for place, piece in zip(places, pieces, strict=True))
        given = {field.name: field for field in fields}
        names = [self._computed[name].values if name in self._computed else (name,) for name in given]
        return compiler, sql, [given[name] for each in names for name in each]

    def later(self, row: M) -> None:
        """Write it with the other writes of a `batched_writes.block`, or at once if there is no block.

        The row learns its key then. It may name rows that the same block inserts before it.
        """
        if not batched_writes.is_open():
            self.run(row)
            return
        connection = connections[router.db_for_write(self._model)]
        sql, fields = self._plain(row)
        slots = {field: self._slot(field, row) for field in fields}
        values = [slots[field] or self._value(field, row, connection) for field in fields]
        key = self._model._meta.auto_field
        name = connection.ops.quote_name(str(key.column)) if key else "1 AS n"

        def name_parents(_rows: Rows) -> None:
            for field, slot in slots.items():
                if slot is not None:
                    setattr(row, field.attname, slot.row.pk)

        batched_writes.later(Write(sql=sql, values=values, returning=name, row=row, then=name_parents))

    def _plain(self, row: M) -> tuple[str, list[Any]]:
        """Return the statement without what it returns, and the fields that fill it."""
        if self._composed is None:
            self._composed = self._compose(row)
        _, sql, fields = self._composed
        return sql.partition(" RETURNING ")[0], fields

    @staticmethod
    def _slot(field: Any, row: M) -> KeyOf | None:
        named = field.get_cached_value(row, default=None) if field.is_relation else None
        return KeyOf(named) if named is not None and batched_writes.is_waiting(named) else None

    @staticmethod
    def _value(field: Any, row: M, connection: Any) -> Any:
        return field.get_db_prep_save(field.pre_save(row, add=True), connection)

    def run(self, row: M) -> None:
        """Write a new row, which learns the key that the database gives it."""
        if self._composed is None:
            self._composed = self._compose(row)
        compiler, sql, fields = self._composed
        connection: Any = connections[compiler.using]  # the stubs know what all databases have, not what each adds
        parameters = [self._value(field, row, connection) for field in fields]
        with transaction.mark_for_rollback_on_error(using=connection.alias), connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            if compiler.returning_fields:
                [row.pk] = cursor.fetchone()
        row._state.adding, row._state.db = False, connection.alias  # noqa: SLF001  (as `save` does)

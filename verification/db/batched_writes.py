"""Blocks like `transaction.atomic` whose writes go to the database together: on PostgreSQL as one statement.

A round trip costs the web process and the database more than most of our writes do. In a block, a write that nobody
waits for (`later`) is kept until the block ends, or until anything else is asked of the database: so every statement
sees what was written before it, as in any transaction. PostgreSQL then gets all of them as one statement with CTEs.
SQLite, which has no such CTEs, gets one after another.
"""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.models import Model

Rows = list[dict[str, Any]]
Run = Callable[[str, Sequence[Any]], Rows]  # runs a statement that returns rows, such as `run`


@dataclass(frozen=True)
class KeyOf:
    """A place in a statement for the key of a row that the same block inserts."""

    row: Model


@dataclass(frozen=True, kw_only=True)
class Write:
    """A statement that waits. `then` gets the rows that it changed; `row` is the model that it inserts.

    Shape: `returning` names what the statement returns of each row it changed.
    """

    sql: str
    values: Sequence[Any]
    returning: str
    then: Callable[[Rows], None] | None = None
    row: Model | None = None


class _Block(threading.local):
    """The writes that wait in this thread; none if it is in no block."""

    waiting: list[Write] | None = None


_block = _Block()


@contextmanager
def block() -> Iterator[None]:
    """Begin a transaction in which writes may wait for each other. All of them happen, or none.

    Within another block it joins that one: an error then ends both.
    """
    if _block.waiting is not None:
        yield
        return
    connection = connections[DEFAULT_DB_ALIAS]
    with transaction.atomic():
        _block.waiting = []
        try:
            with connection.execute_wrapper(_keep_order):
                yield
                flush()
        finally:
            _block.waiting = None


def is_open() -> bool:
    """Return whether this thread is in a block."""
    return _block.waiting is not None


def later(write: Write) -> None:
    """Run a write with the others of the block, or at once if there is no block."""
    if _block.waiting is None:
        _run([write])
    else:
        _block.waiting.append(write)


def flush() -> None:
    """Run all writes that wait."""
    if _block.waiting:
        waiting, _block.waiting = _block.waiting, []
        _run(waiting)


def is_waiting(row: Model) -> bool:
    """Return whether a row waits to be inserted, so that it has no key yet."""
    return any(write.row is row for write in _block.waiting or ())


def run(sql: str, values: Sequence[Any]) -> Rows:
    """Run one statement that returns rows."""
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(sql, values)
        return named(cursor)


def _keep_order(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
    """Run what waits before any other statement. What an inner transaction rolls back never runs."""
    if _block.waiting and sql.startswith("ROLLBACK TO"):
        _block.waiting = []  # the savepoint itself ran everything before it
    flush()
    return execute(sql, params, many, context)


def _run(writes: list[Write]) -> None:
    connection = connections[DEFAULT_DB_ALIAS]
    with transaction.mark_for_rollback_on_error(using=connection.alias), connection.cursor() as cursor:
        if connection.vendor == "sqlite" or len(writes) == 1:
            for write in writes:
                values = [value.row.pk if isinstance(value, KeyOf) else value for value in write.values]
                cursor.execute(f"{write.sql} RETURNING {write.returning}", values)
                _complete(write, named(cursor))
            return
        sql, values = _one_statement(writes)
        cursor.execute(sql, values)
        found: list[Rows] = [[] for _ in writes]
        for place, row in cursor.fetchall():
            found[place].append(json.loads(row))
    for write, rows in zip(writes, found, strict=True):
        _complete(write, rows)


def _complete(write: Write, rows: Rows) -> None:
    if write.row is not None:
        [row] = rows
        if key := write.row._meta.auto_field:
            write.row.pk = row[key.attname]
        write.row._state.adding, write.row._state.db = False, DEFAULT_DB_ALIAS  # noqa: SLF001  (as `save` does)
    if write.then is not None:
        write.then(rows)


def named(cursor: Any) -> Rows:
    """Return the rows of a cursor by the names of their columns."""
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _one_statement(writes: list[Write]) -> tuple[str, list[Any]]:
    """Compose one statement. The reads at its end run the writes in their order, so that rows are locked in order."""
    parts, reads, values = [], [], []
    for place, write in enumerate(writes):
        sql, slots = _with_keys(write, writes)
        parts.append(f"w{place} AS ({sql} RETURNING {write.returning})")
        reads.append(f"SELECT {place}, to_jsonb(w{place}) FROM w{place}")  # noqa: S608  (only numbers are put in)
        values += slots
    return f"WITH {', '.join(parts)} {' UNION ALL '.join(reads)}", values


def _with_keys(write: Write, writes: list[Write]) -> tuple[str, list[Any]]:
    """Put the key of an earlier row of the same statement where it belongs."""
    if not any(isinstance(value, KeyOf) for value in write.values):
        return write.sql, list(write.values)
    rows = [other.row for other in writes]
    sql, *pieces = write.sql.split("%s")
    values = []
    for value, piece in zip(write.values, pieces, strict=True):
        if isinstance(value, KeyOf) and value.row.pk is None:
            name = value.row._meta.pk.column
            sql += f"(SELECT {name} FROM w{rows.index(value.row)}){piece}"  # noqa: S608  (names of ours)
        else:
            values.append(value.row.pk if isinstance(value, KeyOf) else value)
            sql += f"%s{piece}"
    return sql, values

"""Set-ups that many tests begin with: a user with methods, a sign-in. The first test of a process does one.

It writes the same rows in each test that began in the same way: SQLite takes its counters back with the transaction,
and the clock of these tests stands still. So the next tests repeat the statements that the first one wrote, which takes
a tenth of the time. A set-up is done for real where it could come to something else: the test has changed a setting,
patched or watched something, written something that no test before had, or shares its database with other connections.
"""

from collections.abc import Callable, Collection
from copy import deepcopy
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, TypeVar

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone, translation

Result = TypeVar("Result")
Statement = tuple[str, Any, bool]  # the statement, its values, whether they are the values of many rows

_READS = ("SELECT", "BEGIN", "SAVEPOINT", "RELEASE", "PRAGMA", "EXPLAIN")
_WRITES = ("INSERT", "UPDATE", "DELETE")
_WATCHES = {"caplog", "capsys", "capfd", "django_capture_on_commit_callbacks", "django_assert_num_queries"}


@dataclass(frozen=True)
class _Done:
    """What a set-up wrote, and what it returned."""

    statements: tuple[Statement, ...]
    result: Any


class SetUps:
    """Keeps what set-ups wrote, by what the test had written before."""

    def __init__(self) -> None:
        self._done: dict[tuple[Any, ...], _Done] = {}
        self._written: bytes | None = None  # a digest of all that this test has written; None where that is not known
        self._statements: list[Statement] | None = None  # of the set-up that goes on
        self._patch: pytest.MonkeyPatch | None = None
        self._settings: Any = None
        self._n_wrappers = 0

    def keep(self) -> None:
        """Watch what tests write."""
        connection.execute_wrappers.append(self._watch)
        self._settings, self._n_wrappers = _settings(), len(connection.execute_wrappers)

    def begin(self, fixtures: Collection[str], patch: pytest.MonkeyPatch) -> None:
        """Begin a test, which has written nothing."""
        is_watched = bool(_WATCHES & set(fixtures))
        self._written = None if is_watched or connection.vendor != "sqlite" else b""
        self._patch, self._statements = patch, None

    def run(self, name: str, key: tuple[Any, ...], set_up: Callable[[], Result]) -> Result:
        """Do a set-up, or what it did in another test. What it returns is copied; `key` is all that it depends on."""
        if not self._is_like_others():
            return set_up()
        place = (name, *key, self._written, timezone.now(), translation.get_language())
        done = self._done.get(place)
        if done is None:
            return self._first(place, set_up)
        with connection.cursor() as cursor:
            for sql, values, is_many in done.statements:
                (cursor.executemany if is_many else cursor.execute)(sql, values)
        result: Result = deepcopy(done.result)
        return result

    def _first(self, place: tuple[Any, ...], set_up: Callable[[], Result]) -> Result:
        self._statements = []
        try:
            result = set_up()
            if self._is_like_others() and place[-2] == timezone.now():
                self._done[place] = _Done(tuple(self._statements), deepcopy(result))
        finally:
            self._statements = None
        return result

    def _is_like_others(self) -> bool:
        return (
            self._written is not None
            and _is_alone()
            and _settings() is self._settings
            and not (self._patch and (self._patch._setattr or self._patch._setitem))
            and not connection.force_debug_cursor
            and len(connection.execute_wrappers) == self._n_wrappers
        )

    def _watch(self, execute: Callable[..., Any], sql: str, values: Any, many: bool, context: Any) -> Any:
        self._note(sql.lstrip(), values, many)
        return execute(sql, values, many, context)

    def _note(self, sql: str, values: Any, many: bool) -> None:
        if sql.startswith(_READS):
            return
        if not _is_alone():
            self._written = None
            self._done.clear()  # the rows that tests begin with may be others now
        elif self._written is not None and sql.startswith(_WRITES):
            self._written = blake2b(self._written + repr((sql, values)).encode()).digest()
            if self._statements is not None:
                self._statements.append((sql, values, many))
        else:
            self._written = None  # taken back, or of a kind that cannot be repeated


def _settings() -> Any:
    """Return the object that holds the settings. Each change puts another one around it."""
    return vars(settings)["_wrapped"]


def _is_alone() -> bool:
    """Return whether this test's transaction will be taken back, and no other connection sees what it writes."""
    blocks = connection.atomic_blocks
    return bool(blocks) and blocks[0]._from_testcase  # type: ignore[attr-defined]  # Django sets it


SET_UPS = SetUps()

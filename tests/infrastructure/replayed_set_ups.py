"""Set-ups that many tests begin with: a user with methods, a sign-in. The first test of a process does one.

It writes the same rows in each test that began in the same way: SQLite takes its counters back with the transaction,
and the clock of these tests stands still. So the next tests repeat the statements that the first one wrote, which takes
a tenth of the time. A set-up is done for real where it could come to something else: the test has changed a setting,
patched or watched something, written other rows to a table that the set-up touches, or shares its database with other
connections.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Collection
from copy import deepcopy
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, TypeVar

import pytest
from django.db import connection
from django.utils import timezone, translation

from tests.infrastructure import caches_kept_between_requests
from verification.limits import spending_limits

Result = TypeVar("Result")
Statement = tuple[str, Any, bool]  # the statement, its values, whether they are the values of many rows

_READS = ("SELECT", "BEGIN", "SAVEPOINT", "RELEASE", "PRAGMA", "EXPLAIN")
_TOUCHED = re.compile(r'\b(?:INTO|UPDATE|FROM|JOIN) "?(\w+)')
_WATCHES = {"caplog", "capsys", "capfd", "django_capture_on_commit_callbacks", "django_assert_num_queries"}


@dataclass(frozen=True)
class _Done:
    """What a set-up wrote and returned, and what had been written to the tables that it touched."""

    before: dict[str, bytes | None]
    statements: tuple[Statement, ...]
    result: Any


class SetUps:
    """Keeps what set-ups wrote, by what the test had written before."""

    def __init__(self) -> None:
        self._done: dict[tuple[Any, ...], list[_Done]] = defaultdict(list)
        self._written: dict[str, bytes] = {}  # a digest of what this test has written to each table
        self._is_known = False  # whether that is all
        self._touched: set[str] | None = None  # by the set-up that goes on
        self._statements: list[Statement] = []  # of that
        self._patch: pytest.MonkeyPatch | None = None
        self._settings: Any = None
        self._n_wrappers = 0

    def keep(self) -> None:
        """Watch what tests write."""
        connection.execute_wrappers.append(self._watch)
        self._settings, self._n_wrappers = (
            caches_kept_between_requests.settings_in_force(),
            len(connection.execute_wrappers),
        )

    def begin(self, fixtures: Collection[str], patch: pytest.MonkeyPatch) -> None:
        """Begin a test, which has written nothing."""
        is_watched = bool(_WATCHES & set(fixtures))
        self._written, self._is_known = {}, connection.vendor == "sqlite" and not is_watched
        self._patch, self._touched = patch, None

    def run(self, name: str, key: tuple[Any, ...], set_up: Callable[[], Result]) -> Result:
        """Do a set-up, or what it did in another test. What it returns is copied; `key` is all that it depends on."""
        if self._touched is not None or not self._is_like_others():
            return set_up()
        place = (name, *key, timezone.now(), translation.get_language())
        done = next((each for each in self._done[place] if self._is_before(each)), None)
        if done is None:
            return self._first(place, set_up)
        with connection.cursor() as cursor:
            for sql, values, is_many in done.statements:
                (cursor.executemany if is_many else cursor.execute)(sql, values)
        result: Result = deepcopy(done.result)
        return result

    def _is_before(self, done: _Done) -> bool:
        return all(self._written.get(table) == written for table, written in done.before.items())

    def _first(self, place: tuple[Any, ...], set_up: Callable[[], Result]) -> Result:
        before = dict(self._written)
        self._touched, self._statements = (
            caches_kept_between_requests.DATABASE.settled_tables,
            [],
        )  # as if it had read what is cached
        spending_limits._spent.forget()  # so that it touches the counters if it reads what was spent
        try:
            result = set_up()
            if self._is_like_others() and place[-2] == timezone.now():
                tables = {table: before.get(table) for table in self._touched}
                self._done[place].append(_Done(tables, tuple(self._statements), deepcopy(result)))
        finally:
            self._touched = None
        return result

    def _is_like_others(self) -> bool:
        return (
            self._is_known
            and caches_kept_between_requests.is_alone()
            and caches_kept_between_requests.settings_in_force() is self._settings
            and not (self._patch and (self._patch._setattr or self._patch._setitem))
            and not connection.force_debug_cursor
            and len(connection.execute_wrappers) == self._n_wrappers
        )

    def _watch(self, execute: Callable[..., Any], sql: str, values: Any, many: bool, context: Any) -> Any:
        if self._touched is not None:
            self._touched.update(_TOUCHED.findall(sql))
        self._note(sql.lstrip(), values, many)
        return execute(sql, values, many, context)

    def _note(self, sql: str, values: Any, many: bool) -> None:
        if sql.startswith(_READS):
            return
        written = caches_kept_between_requests.WRITTEN.match(sql)
        if not caches_kept_between_requests.is_alone():
            self._is_known = False
            self._done.clear()  # the rows that tests begin with may be others now
        elif written:
            former = self._written.get(written[1], b"")
            self._written[written[1]] = blake2b(former + repr((sql, values)).encode()).digest()
            if self._touched is not None:
                self._statements.append((sql, values, many))
        else:
            self._is_known = False  # taken back, or of a kind that cannot be repeated


SET_UPS = SetUps()

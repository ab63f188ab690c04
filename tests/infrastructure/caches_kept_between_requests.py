"""Caches that tests need not fill again for each request: kept until the test changes what they were read from.

In production, policies, outages, routes and spending limits are valid for a second. In a test, a change must count at
once. Reading them again each time costs a tenth of the whole run. What a test reads before it has changed any of it is
the same in each test: it is read once.
"""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from accounts.access import groups_allowed
from verification.db.ttl_cache import TTLCache
from verification.delivery.routing import cache, outages_in_force
from verification.limits import blocked_ranges, countries_and_prices, spending_limits
from verification.models import Counter
from verification.policies import effective_policy
from verification.strengths import all_strengths

CACHES: tuple[TTLCache[Any], ...] = (
    outages_in_force._cache,
    effective_policy._cache,
    countries_and_prices._cache,
    spending_limits._cache,
    spending_limits._spent,
    blocked_ranges._cache,
    cache._cache,
    all_strengths._cache,
    groups_allowed._allowed,
)
_CACHE_SECONDS = 3600.0
_WRITES = ("INSERT", "UPDATE", "DELETE", "WITH")
WRITTEN = re.compile(r'(?:INSERT(?: OR IGNORE)? INTO|UPDATE|DELETE FROM) "?(\w+)')
_READ = re.compile(r'(?:FROM|JOIN) "(\w+)"')


class _Database:
    """What each cache is read from: which tables, and what is in them when a test begins."""

    def __init__(self) -> None:
        self._tables: dict[TTLCache[Any], set[str]] = {each: set() for each in CACHES}
        self._loading: list[set[str]] = []  # the tables of the caches that are being loaded, the innermost last
        self._values: dict[tuple[Any, ...], Any] = {}  # of tests that have changed nothing yet
        self._written: set[str] = set()  # by this test
        self._is_known = False  # whether that is all
        self._settings: Any = None

    @property
    def settled_tables(self) -> set[str]:
        """The tables of all caches, without the counters: nearly every test writes those."""
        return set().union(*self._tables.values()) - {Counter._meta.db_table}

    def keep(self, patch: pytest.MonkeyPatch) -> None:
        """Keep what is cached while a test runs in one transaction, and has not set VERIFICATION_CACHE_SECONDS."""
        self._settings = settings_in_force()
        for each in CACHES:
            patch.setattr(each, "_seconds", _until_written(each._seconds))
            patch.setattr(each, "_load", self._loaded_once(each, each._load))
            patch.setattr(each, "read", self._noted(each, each.read))
        patch.setattr(connection, "execute_wrappers", [*connection.execute_wrappers, self._watch])

    def begin(self) -> None:
        """Begin a test, which has changed nothing."""
        forget()
        self._written, self._is_known = set(), True

    def _loaded_once(self, cache: TTLCache[Any], load: Callable[..., Any]) -> Callable[..., Any]:
        def loaded(*key: str) -> Any:
            if self._is_as_in_others(cache) and (cache, *key) in self._values:
                return self._values[cache, *key]
            value = self._load(cache, load, key)
            if self._is_as_in_others(cache):
                self._values[cache, *key] = value
            return value

        return loaded

    def _noted(self, cache: TTLCache[Any], read: Callable[..., Any]) -> Callable[..., Any]:
        """A cache that reads another one is read from the tables of that, too."""

        def noted(*key: str) -> Any:
            value = read(*key)
            if self._loading and is_alone():
                self._loading[-1].update(self._tables[cache])
            return value

        return noted

    def _is_as_in_others(self, cache: TTLCache[Any]) -> bool:
        is_unchanged = self._is_known and self._tables[cache].isdisjoint(self._written)
        return is_unchanged and is_alone() and settings_in_force() is self._settings

    def _load(self, cache: TTLCache[Any], load: Callable[..., Any], key: tuple[str, ...]) -> Any:
        """Note which tables are read."""
        tables = self._tables[cache]

        def note(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
            tables.update(_READ.findall(sql))
            return execute(sql, *rest)

        self._loading.append(tables)
        try:
            with connection.execute_wrapper(note):
                return load(*key)
        finally:
            self._loading.pop()

    def _watch(self, execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        """Forget the caches of a table that changes, and all of them when changes are taken back."""
        written = WRITTEN.findall(sql) if sql.startswith(_WRITES) else ()
        is_undone = sql.startswith("ROLLBACK")
        self._written.update(written)
        self._is_known &= not is_undone
        if written and not is_alone():
            self._values.clear()  # the rows that tests begin with may be others now
        if (written or is_undone) and not settings.VERIFICATION_CACHE_SECONDS:
            for cache, tables in self._tables.items():
                if is_undone or not tables.isdisjoint(written):
                    cache.forget()
        return execute(sql, *rest)


DATABASE = _Database()


def forget() -> None:
    """Read all again at the next use."""
    for each in CACHES:
        each.forget()


def settings_in_force() -> Any:
    """Return the object that holds the settings. Each change puts another one around it."""
    return vars(settings)["_wrapped"]


def is_alone() -> bool:
    """Return whether no other connection can see what this test writes, nor write what it sees."""
    blocks = connection.atomic_blocks
    return bool(blocks) and blocks[0]._from_testcase  # type: ignore[attr-defined]  # Django sets it


def _until_written(seconds: Callable[[], float]) -> Callable[[], float]:
    return lambda: seconds() or (_CACHE_SECONDS if is_alone() else 0)

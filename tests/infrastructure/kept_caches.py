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
from verification.policies import effective_policy
from verification.strengths import all_strengths

CACHES: tuple[TTLCache[Any], ...] = (
    outages_in_force._cache,
    effective_policy._cache,
    countries_and_prices._cache,
    spending_limits._cache,
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
    """What the caches are read from: which tables, and what is in them when a test begins."""

    def __init__(self) -> None:
        self.tables: set[str] = set()
        self._values: dict[tuple[Any, ...], Any] = {}  # of tests that have changed nothing yet
        self._written: set[str] = set()  # by this test
        self._is_known = False  # whether that is all
        self._settings: Any = None

    def keep(self, patch: pytest.MonkeyPatch) -> None:
        """Keep what is cached while a test runs in one transaction, and has not set VERIFICATION_CACHE_SECONDS."""
        self._settings = settings_in_force()
        for each in CACHES:
            patch.setattr(each, "_seconds", _until_written(each._seconds))
            patch.setattr(each, "_load", self._loaded_once(each._load))
        patch.setattr(connection, "execute_wrappers", [*connection.execute_wrappers, self._watch])

    def begin(self) -> None:
        """Begin a test, which has changed nothing."""
        forget()
        self._written, self._is_known = set(), True

    def _loaded_once(self, load: Callable[..., Any]) -> Callable[..., Any]:
        def loaded(*key: str) -> Any:
            if self._is_as_in_others() and (load, *key) in self._values:
                return self._values[load, *key]
            value = self._load(load, key)
            if self._is_as_in_others():
                self._values[load, *key] = value
            return value

        return loaded

    def _is_as_in_others(self) -> bool:
        is_unchanged = self._is_known and self.tables.isdisjoint(self._written)
        return is_unchanged and is_alone() and settings_in_force() is self._settings

    def _load(self, load: Callable[..., Any], key: tuple[str, ...]) -> Any:
        """Note which tables are read."""

        def note(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
            self.tables.update(_READ.findall(sql))
            return execute(sql, *rest)

        with connection.execute_wrapper(note):
            return load(*key)

    def _watch(self, execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        """Forget what the caches hold when one of their tables changes, or changes are taken back."""
        written = WRITTEN.findall(sql) if sql.startswith(_WRITES) else ()
        is_undone = sql.startswith("ROLLBACK")
        self._written.update(written)
        self._is_known &= not is_undone
        if written and not is_alone():
            self._values.clear()  # the rows that tests begin with may be others now
        if not settings.VERIFICATION_CACHE_SECONDS and (is_undone or not self.tables.isdisjoint(written)):
            forget()
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

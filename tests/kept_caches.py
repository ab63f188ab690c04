"""Caches that tests need not fill again for each request: kept until the test changes what they were read from.

In production, policies, outages, routes and spending limits are valid for a second. In a test, a change must count at
once. Reading them again each time costs a tenth of the whole run.
"""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from verification.db.ttl_cache import TTLCache
from verification.delivery.routing import cache, outages
from verification.limits import toll_fraud
from verification.policies import effective

CACHES: tuple[TTLCache[Any], ...] = (outages._cache, effective._cache, toll_fraud._cache, cache._cache)
_LONG = 3600.0  # seconds
_WRITTEN = re.compile(r'(?:INSERT INTO|UPDATE|DELETE FROM) "(\w+)"')
_READ = re.compile(r'(?:FROM|JOIN) "(\w+)"')


def keep(patch: pytest.MonkeyPatch) -> None:
    """Keep them while a test runs in one transaction, and has not set VERIFICATION_CACHE_SECONDS."""
    tables: set[str] = set()
    for each in CACHES:
        patch.setattr(each, "_seconds", _until_written(each._seconds))
        patch.setattr(each, "_load", _noting(tables, each._load))
    patch.setattr(connection, "execute_wrappers", [*connection.execute_wrappers, _Watch(tables)])


def forget() -> None:
    """Read all again at the next use."""
    for each in CACHES:
        each.forget()


def _is_alone() -> bool:
    """Return whether no other connection can see what this test writes, nor write what it sees."""
    blocks = connection.atomic_blocks
    return bool(blocks) and blocks[0]._from_testcase  # type: ignore[attr-defined]  # Django sets it


def _until_written(seconds: Callable[[], float]) -> Callable[[], float]:
    return lambda: seconds() or (_LONG if _is_alone() else 0)


def _noting(tables: set[str], load: Callable[..., Any]) -> Callable[..., Any]:
    """Note which tables are read."""

    def note(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        tables.update(_READ.findall(sql))
        return execute(sql, *rest)

    def noted(*key: str) -> Any:
        with connection.execute_wrapper(note):
            return load(*key)

    return noted


class _Watch:
    """Forgets what the caches hold when one of their tables changes, or changes are taken back."""

    def __init__(self, tables: set[str]) -> None:
        self._tables = tables

    def __call__(self, execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if not settings.VERIFICATION_CACHE_SECONDS:
            written = _WRITTEN.match(sql)
            if sql.startswith("ROLLBACK") or (written and written[1] in self._tables):
                forget()
        return execute(sql, *rest)

"""The database of a test process: a copy of one that is migrated once for each version of the code."""

import fcntl
import hashlib
import os
import shutil
import sqlite3
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.db.models import Count, Max, Sum
from django.db.models.functions import Length

from accounts.management import shipped_roles_after_migrate as account_rows
from accounts.models import ShippedRole
from helpcenter import articles
from helpcenter.models import Article
from mfasite.demo import child_processes, database_file, launcher
from tests.settings import KEYS
from verification.audit import triggers
from verification.keys import crypto
from verification.management import triggers_months_and_first_rows_after_migrate as verification_rows
from verification.models import SpendingLimit

ROOT = Path(__file__).resolve().parents[2]
APPS = ("accounts", "helpcenter", "mfasite", "verification")
PREFIX = "mfa_migrated_"
_NOW = datetime.now(UTC)
YESTERDAY = f"{_NOW - timedelta(days=1):%Y%m%d}"
DAY = os.environ.setdefault("TEST_DAY", f"{_NOW:%Y%m%d}")  # on which a run began; its workers inherit it
_SHIPPED: list[tuple[Any, ...]] = []  # a summary of the articles after `migrate`
_FIRST_ROWS: list[Any] = []  # the rows of the roles and limits after `migrate`


def take(folder: Path) -> str:
    """Give this process a migrated database. Return the name of the former one.

    `folder` keeps the file that later processes copy. PostgreSQL keeps the original as a database.
    """
    former, mine = str(connection.settings_dict["NAME"]), connection.settings_dict["TEST"]["NAME"]
    if connection.vendor == "sqlite":
        _copy_file(folder, mine)
    else:
        _copy_database(mine)
    connection.close()
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = mine
    crypto.forget()
    _SHIPPED.append(_articles())
    _FIRST_ROWS.append(_roles_and_limits())
    crypto.digest_keys()  # as after migrating: the copy has its own keys
    return former


def original() -> str:
    """Return the name of the migrated database that processes copy: a file in the folder of `take`, or a database."""
    return f"{PREFIX}{_version()}"


def prepare(folder: Path, home: Path) -> None:
    """Put a SQLite database with the demo users into a demo's folder. It is made once for each version of the code."""
    kept = folder / f"mfa_prepared_{_version()}"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # else each process would make one
        if not kept.exists():
            for old in folder.glob("mfa_prepared_*"):
                shutil.rmtree(old)
            new = folder / "mfa_prepared_new"
            new.mkdir()
            shutil.copyfile(folder / original(), database_file.file(new))
            broker = "redis+socket:///nowhere/broker.sock"
            shared = launcher.environment(new, port=0, broker_url=broker, more=KEYS)
            with child_processes.crew(new, shared) as crew:
                crew.run("prepare", child_processes.manage("make_demo_users", "--migrate"))
            new.rename(kept)
    shutil.copytree(kept, home, dirs_exist_ok=True)


def drop(former: str) -> None:
    """Drop the database of this process."""
    connection.creation.destroy_test_db(former, verbosity=0)


_KEPT = {"django_migrations", "django_content_type", "auth_permission"}  # tests change none of these
_ARTICLES = Article._meta.db_table
_ROLES_AND_LIMITS = tuple(
    model._meta.db_table for model in (Group, Group.permissions.through, ShippedRole, SpendingLimit)
)


def _articles() -> tuple[Any, ...]:
    """Return a summary of the articles that shows whether a test changed one."""
    texts = sum(Length(name) for name in ("slug", "title", "summary", "body", "words", "related", "shipped"))
    found = Article.objects.aggregate(
        n=Count("pk"), texts=Sum(texts), changed=Max("updated_at"), shown=Max("publish_at"), gone=Max("withdraw_at")
    )
    return tuple(found.values())


def _roles_and_limits() -> list[list[tuple[Any, ...]]]:
    """Return the rows of the shipped roles and spending limits, and of those that a test added."""
    with connection.cursor() as cursor:
        found = []
        for table in _ROLES_AND_LIMITS:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)} ORDER BY id")
            found.append(cursor.fetchall())
        return found


def empty() -> None:
    """Delete what a test with real transactions created, and restore the rows of a migrated database.

    Django's `flush` takes ten times as long: on PostgreSQL it truncates every table and creates permissions again.
    """
    quote = connection.ops.quote_name
    has_articles, has_first_rows = _articles() in _SHIPPED, _roles_and_limits() in _FIRST_ROWS
    kept = {*_KEPT, *([_ARTICLES] if has_articles else []), *(_ROLES_AND_LIMITS if has_first_rows else [])}
    tables = sorted({*connection.introspection.django_table_names()} - kept)
    asked = " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {quote(table)})" for table in tables)
    with connection.cursor() as cursor:
        cursor.execute(asked)
        filled = [table for (table,) in cursor.fetchall()]
    if not {*triggers.TABLES}.isdisjoint(filled):
        triggers.lift(connection)
    try:
        with transaction.atomic(), connection.cursor() as cursor:  # foreign keys are checked at the end
            for table in filled:
                cursor.execute(f"DELETE FROM {quote(table)}")
    finally:
        triggers.put(connection)
    account_rows.make_roles()
    verification_rows.make_first_rows()
    if not has_articles:
        articles.load()
        _SHIPPED.append(_articles())
    if not has_first_rows:
        _FIRST_ROWS.append(_roles_and_limits())


def _copy_file(folder: Path, mine: str) -> None:
    kept = folder / original()
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # else each process would migrate
        if kept.exists():
            shutil.copyfile(kept, mine)
            return
        _migrate()
        for old in folder.glob(f"{PREFIX}*"):
            old.unlink()
        shutil.copyfile(mine, folder / "new")
        (folder / "new").rename(kept)


def _copy_database(mine: str) -> None:
    kept = original()
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext(%s))", [PREFIX])  # until this connection ends
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [PREFIX])
        found = {name for (name,) in cursor.fetchall()}
        if kept in found:
            cursor.execute(f'DROP DATABASE IF EXISTS "{mine}"')
            cursor.execute(f'CREATE DATABASE "{mine}" TEMPLATE "{kept}"')
            return
        _migrate()
        cursor.execute(f'CREATE DATABASE "{kept}" TEMPLATE "{mine}"')
        for old in found:
            if old < f"{PREFIX}{YESTERDAY}":  # other working copies, and runs that began before midnight, use the rest
                cursor.execute(f'DROP DATABASE "{old}"')


def _migrate() -> None:
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    connection.close()  # on SQLite the file is complete only after that


def _version() -> str:
    """Return the day and a digest of everything that a migrated database depends on, such as the month's partitions.

    It is that of the run's beginning, which its workers inherit: a file that is saved during a run changes nothing.
    """
    if "TEST_VERSION" not in os.environ:
        os.environ["TEST_VERSION"] = f"{DAY}_{_digest()}"
    return os.environ["TEST_VERSION"]


def _digest() -> str:
    found = hashlib.sha256(f"{sys.version} {django.VERSION} {sqlite3.sqlite_version}".encode())
    for path in sorted(path for app in APPS for kind in ("*.py", "*.md") for path in (ROOT / app).rglob(kind)):
        found.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return found.hexdigest()[:16]


_version()  # now, in the process that starts the workers

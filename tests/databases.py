"""The database of a test process: a copy of one that was migrated once for this version of the code."""

import fcntl
import hashlib
import shutil
import sqlite3
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, Max, Sum
from django.db.models.functions import Length

from accounts import management as account_rows
from helpcenter import articles
from helpcenter.models import Article
from verification import management as verification_rows
from verification.audit import triggers
from verification.keys import crypto

ROOT = Path(__file__).resolve().parents[1]
APPS = ("accounts", "helpcenter", "mfasite", "verification")
PREFIX = "mfa_migrated_"
_SHIPPED: list[tuple[Any, ...]] = []  # how the articles are after `migrate`


def take(folder: Path) -> str:
    """Give this process a migrated database, and the name of the former one.

    `folder` keeps what later processes copy; PostgreSQL keeps it itself.
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
    crypto.digest_keys()  # as a process that migrates does: the copy has keys of its own
    return former


def drop(former: str) -> None:
    """Drop the database of this process."""
    connection.creation.destroy_test_db(former, verbosity=0)


_KEPT = {"django_migrations", "django_content_type", "auth_permission"}  # tests change none of these
_ARTICLES = Article._meta.db_table


def _articles() -> tuple[Any, ...]:
    """Describe the articles well enough to tell whether a test changed one."""
    texts = sum(Length(name) for name in ("slug", "title", "summary", "body", "words", "related", "shipped"))
    found = Article.objects.aggregate(
        n=Count("pk"), texts=Sum(texts), changed=Max("updated_at"), shown=Max("publish_at"), gone=Max("withdraw_at")
    )
    return tuple(found.values())


def empty() -> None:
    """Empty what a test with real transactions filled, and make the rows again that a migrated database has.

    Django's `flush` costs ten times as much: on PostgreSQL it truncates every table, and permissions are made again.
    """
    quote = connection.ops.quote_name
    has_articles = _articles() in _SHIPPED
    kept = {*_KEPT, _ARTICLES} if has_articles else _KEPT
    tables = sorted({*connection.introspection.django_table_names()} - kept)
    asked = " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {quote(table)})" for table in tables)
    triggers.lift(connection)
    try:
        with transaction.atomic(), connection.cursor() as cursor:  # foreign keys are looked at when it ends
            cursor.execute(asked)
            for (table,) in cursor.fetchall():
                cursor.execute(f"DELETE FROM {quote(table)}")
    finally:
        triggers.put(connection)
    account_rows.make_roles()
    verification_rows.make_first_rows()
    if not has_articles:
        articles.load()
        _SHIPPED.append(_articles())


def _copy_file(folder: Path, mine: str) -> None:
    kept = folder / f"{PREFIX}{_version()}"
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
    kept = f"{PREFIX}{_version()}"
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
            if not old.startswith(f"{PREFIX}{_today()}"):  # of today there may be several, of several working copies
                cursor.execute(f'DROP DATABASE "{old}"')


def _migrate() -> None:
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    connection.close()  # on SQLite the file is whole only then


def _today() -> str:
    return f"{datetime.now(UTC):%Y%m%d}"


def _version() -> str:
    """Name the day and everything that a migrated database follows from."""
    found = hashlib.sha256(f"{sys.version} {django.VERSION} {sqlite3.sqlite_version}".encode())
    for path in sorted(path for app in APPS for path in (ROOT / app).rglob("*.py")):
        found.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return f"{_today()}_{found.hexdigest()[:16]}"

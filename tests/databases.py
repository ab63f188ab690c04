"""The database of a test process: a copy of one that was migrated once for this version of the code."""

import contextlib
import fcntl
import hashlib
import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import django
import psycopg
from django.conf import settings
from django.db import connection
from psycopg import sql

ROOT = Path(__file__).resolve().parents[1]
APPS = ("accounts", "helpcenter", "mfasite", "verification")


@contextlib.contextmanager
def copied(folder: Path) -> Iterator[None]:
    """Point the connection at a migrated database of this process alone. `folder` keeps what later runs can copy."""
    mine, former = connection.settings_dict["TEST"]["NAME"], connection.settings_dict["NAME"]
    kept = _kept_files(folder) if connection.vendor == "sqlite" else _kept_databases(folder)
    try:
        with kept as (find, keep), connection_closed():
            if not find(mine):
                connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
                connection.close()
                keep(mine)
        _point_at(mine)
        yield
    finally:
        connection.creation.destroy_test_db(former, verbosity=0)

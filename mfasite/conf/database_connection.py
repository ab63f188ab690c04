"""Settings of the database."""

from collections.abc import Iterator
from typing import Any

from mfasite import database_and_redis_urls
from mfasite.conf.demo_mode import demo, demo_dir
from verification.conf import START
from verification.declaring_settings import Setting, SettingsSection, SettingValues, formats


def _one_database_password(values: SettingValues) -> Iterator[str]:
    if values[database].get("PASSWORD") and values[database_password]:
        yield "DATABASE_URL and DATABASE_PASSWORD both contain a password. Set only one."


DATABASE = SettingsSection(
    "Database",
    "If the password contains `/`, `@` or `#`, set it in `DATABASE_PASSWORD`, in single quotes. If it contains a "
    "single quote, set `DATABASE_PASSWORD_FILE`. Behind PgBouncer in transaction mode set `DATABASE_PREPARED=0`, "
    "because prepared statements and server-side cursors don't work there.",
    rules=(_one_database_password,),
)


def _database_of_demo(values: SettingValues) -> dict[str, Any]:
    file = f"sqlite:///{values[demo_dir] / 'db.sqlite3'}"
    return database_and_redis_urls.database.parse(file) if values[demo] else {}


database: Setting[dict[str, Any]] = Setting(
    START,
    "DATABASE_URL",
    database_and_redis_urls.database,
    default={},
    derive=_database_of_demo,
    meaning="the database: PostgreSQL, or SQLite for a small installation",
    is_required=True,
    is_secret=True,
)
database_password: Setting[str] = Setting(
    DATABASE,
    "DATABASE_PASSWORD",
    formats.text(example="a/password@with#characters"),
    default="",
    meaning="the password for `DATABASE_URL`, not percent-encoded",
    is_secret=True,
)
database_connections: Setting[int] = Setting(
    DATABASE,
    "DATABASE_CONNECTIONS",
    formats.whole_number(1, 1000),
    default=12,
    unit="connections",
    meaning="maximum number of connections to PostgreSQL per process, for all its threads",
)
database_prepared: Setting[bool] = Setting(
    DATABASE,
    "DATABASE_PREPARED",
    formats.flag,
    default=True,
    meaning="1: PostgreSQL plans frequent statements once per connection. 0: required behind a pooler in "
    "transaction mode",
)

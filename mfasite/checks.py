"""System checks for settings that contradict each other. Each has a stable id and a hint."""

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from urllib.parse import parse_qs, urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as Warn
from django.core.checks.registry import registry
from django.core.exceptions import ImproperlyConfigured
from django.db import Error as DatabaseError
from django.db import connection

from mfasite.environment import declared_settings, misspelled_variables, variables, weak_keys
from mfasite.observability import missing_migrations
from verification import conf as engine
from verification import method_registry as methods
from verification.checks import keys_fit, keys_work

logger = logging.getLogger(__name__)

# The first with RETURNING, which the guarded updates use.
MIN_SQLITE_VERSION = (3, 35, 0)
_MAX_MIGRATIONS_NAMED = 5
_MIGRATE = "Run: manage.py migrate --no-input"


def _public_url() -> Iterator[CheckMessage]:
    if not settings.PUBLIC_URL.startswith("https://") and not settings.DEMO:
        yield Error(
            "PUBLIC_URL isn't https, so passwords and codes would be sent unencrypted.",
            hint="Set it to the address that people type, such as https://mfa.example.org.",
            id="mfasite.E001",
        )


def _providers() -> Iterator[CheckMessage]:
    if not settings.DELIVERY_PROVIDERS:
        yield Error(
            "There is no provider for texts, calls and emails.",
            hint="List them in the order in which they are tried, such as DELIVERY_PROVIDERS=twilio,smtp.",
            id="mfasite.E002",
        )


def _sqlite() -> Iterator[CheckMessage]:
    database = settings.DATABASES.get("default", {})
    if database.get("ENGINE") != "django.db.backends.sqlite3":
        return
    options = database.get("OPTIONS", {})
    if options.get("transaction_mode") != "IMMEDIATE" or "journal_mode=WAL" not in options.get("init_command", ""):
        yield Error(
            "SQLite doesn't use immediate transactions or write-ahead logging.",
            hint="Set only DATABASE_URL=sqlite:///... and keep the OPTIONS from mfasite.settings.",
            id="mfasite.E003",
        )
    import sqlite3  # noqa: PLC0415  (a process with PostgreSQL doesn't load it)

    if sqlite3.sqlite_version_info < MIN_SQLITE_VERSION:
        yield Error(
            f"SQLite {sqlite3.sqlite_version} is too old: it doesn't support RETURNING.",
            hint="Use a Python with SQLite 3.35 or newer, or PostgreSQL.",
            id="mfasite.E004",
        )


def _broker() -> Iterator[CheckMessage]:
    if not settings.REDIS_URL:
        yield Error(
            "There is no broker, so workers send messages late.",
            hint="Set REDIS_URL=redis://host:6379/0.",
            id="mfasite.E005",
        )


def _broker_tls() -> Iterator[CheckMessage]:
    asked = parse_qs(urlsplit(settings.REDIS_URL.partition(";")[0]).query)
    if "none" in "".join(asked.get("ssl_cert_reqs", [])).lower():
        yield Warn(
            "The broker's certificate isn't checked, so an attacker could pretend to be the broker.",
            hint="Remove ssl_cert_reqs from REDIS_URL. For your own certificate authority, set REDIS_CA_FILE.",
            id="mfasite.W001",
        )
    if settings.REDIS_CA_FILE and not os.access(settings.REDIS_CA_FILE, os.R_OK):
        yield Error(
            f"The file in REDIS_CA_FILE can't be read: {settings.REDIS_CA_FILE}.",
            hint="Set it to a file with certificates (PEM) that this user can read.",
            id="mfasite.E006",
        )


def _proxy() -> Iterator[CheckMessage]:
    if settings.HTTPS and not settings.TRUSTED_PROXIES and not settings.IS_BEHIND_SOCKET:
        yield Warn(
            f"PUBLIC_URL is https, but no proxy is trusted, and other machines can reach {settings.BIND}.",
            hint="Set TRUSTED_PROXIES to the address of the proxy with the certificate, such as 10.0.0.5/32. Otherwise "
            "people can't sign in through the proxy.",
            id="mfasite.W002",
        )


@register(Tags.security)
def check_settings(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """Check for settings that contradict each other."""
    parts = (_public_url, _providers, _sqlite, _broker, _broker_tls, _proxy)
    return [message for part in parts for message in part()]


@register(Tags.security, deploy=True)
def check_demo(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """Refuse to run a demo as a service for real people."""
    what = "DEMO=1 is set: keys can be weak, addresses needn't be https, and everyone sees the virtual phones."
    return [Error(what, hint="Remove DEMO.", id="mfasite.E012")] if settings.DEMO else []


@register(Tags.staticfiles, deploy=True)
def check_static_files(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """Check that collectstatic was run for this version."""
    try:
        staticfiles_storage.url("mfasite/app.css")
    except (ValueError, OSError):
        return [
            Error(
                f"The static files of this version are missing in {settings.STATIC_ROOT}, so no page can be shown.",
                hint="Run: manage.py collectstatic --no-input",
                id="mfasite.E007",
            )
        ]
    return []


@register(Tags.database)
def check_database(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: object
) -> list[CheckMessage]:
    """Check that the database accepts a connection and any text. Only for `check --database default` and `migrate`."""
    if not databases:
        return []
    why = _why_no_database()
    if not why:
        return list(_encoding())
    hint = "Check DATABASE_URL and DATABASE_PASSWORD: host, port, username, password and database name."
    return [Error(f"Can't connect to the database: {why}", hint=hint, id="mfasite.E008")]


def _encoding() -> Iterator[CheckMessage]:
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_encoding")
        ((encoding,),) = cursor.fetchall()
    if encoding != "UTF8":
        yield Error(
            f"The database has the encoding {encoding}, which can't store or compare every name.",
            hint="Create it again: createdb --owner USER --encoding UTF8 --locale C.UTF-8 --template template0 NAME",
            id="mfasite.E010",
        )


@register(Tags.database, deploy=True)
def check_migrations(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: object
) -> list[CheckMessage]:
    """Check that all migrations of this version are applied. Runs only with `check --deploy --database default`."""
    if not databases or _why_no_database():  # another check reports the latter
        return []
    what = _missing_migrations()
    return [Error(what, hint=_MIGRATE, id="mfasite.E011")] if what else []


def _missing_migrations() -> str:
    missing = missing_migrations.missing()
    named = ", ".join(missing[:_MAX_MIGRATIONS_NAMED]) + (", ..." if len(missing) > _MAX_MIGRATIONS_NAMED else "")
    return f"The database lacks migrations of this version: {named}." if missing else ""


def explain_database_error(*, is_migrating: bool) -> str:
    """Say why a command can't use the database, and what to do. Empty if it is there, with all migrations.

    While `migrate` runs, migrations are missing in any case, so they don't explain its error.
    """
    connection.close()  # the command may have left a transaction that failed
    if why := _why_no_database():
        return f"Can't connect to the database: {why}. Check DATABASE_URL and DATABASE_PASSWORD."
    what = "" if is_migrating else _missing_migrations()
    return f"{what} {_MIGRATE}" if what else ""


def _why_no_database() -> str:
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        return " ".join(str(error).split())
    return ""


def log_database_error() -> None:
    """Log why the database cannot be used, and what to do. Called once when a process starts."""
    try:
        if why := explain_database_error(is_migrating=False):
            logger.error("%s", why)
    except DatabaseError as error:
        logger.error("Can't read the database: %s", " ".join(str(error).split()))
    finally:
        connection.close()


@register(Tags.security)
def check_strength(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """Refuse keys that can be guessed. The demo creates random ones and needs no check.

    `manage.py reencrypt` runs without this check, because it is how such a key is removed from MFA_KEYS.
    """
    if settings.DEMO:
        return []
    every = (setting for section in declared_settings.sections(_packages()) for setting in section.settings)
    shared = {setting.name: _listed(setting()) for setting in every if setting.is_shared}
    hint = (
        "Make new ones with: python3 deploy/generate_secrets.py. "
        "The operator handbook says how to replace a key in use."
    )
    weak = weak_keys.weaknesses(settings.SECRET_KEY, engine.keys(), shared)
    return [Error(sentence, hint=hint, id="mfasite.E009") for sentence in weak]


def _packages() -> tuple[str, ...]:
    return (*declared_settings.PACKAGES, *methods.packages(), *engine.providers())


def _listed(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) * bool(value) if isinstance(value, str) else value


@register(Tags.compatibility)
def check_names(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """Warn about environment variables that look like ours but are not read, such as SEND_PER_PERSON_HOUR."""
    hint = "Correct the name or remove the variable."
    return [Warn(sentence, hint=hint, id="mfasite.W003") for sentence in _unknown_names()]


def _unknown_names() -> list[str]:
    sections = declared_settings.sections(dict.fromkeys((*declared_settings.ours(), *_packages())))
    return list(misspelled_variables.unknown(sections, variables.names()))


def log_unknown_names() -> None:
    """Log variables that look like ours but are not read. Called once when a process starts."""
    for sentence in _unknown_names():
        logger.warning("%s", sentence)


KEYS = (check_strength, keys_work, keys_fit)


# They depend on no setting. Some load every page of the admin and Django's migrations, others read every field.
_NOT_OF_SERVERS = {Tags.urls, Tags.commands, Tags.database, Tags.models}


def of_servers() -> list[Callable[..., Iterable[CheckMessage]]]:
    """Return the checks that a server runs itself. `manage.py check` runs all."""
    usual = (check for check in registry.get_checks() if not _NOT_OF_SERVERS & {*check.tags})
    # A name that nobody reads stops no start: servers log it, see `log_unknown_names`.
    return [*(check for check in usual if check is not check_names), keys_fit]


def refuse_contradictions(*only: Callable[..., Iterable[CheckMessage]]) -> None:
    """Stop a process that has serious errors from serving. For servers, which do not run system checks themselves.

    Shape: `only` are the checks to run; by default those of servers. Errors: ImproperlyConfigured, naming each error.
    """
    run = [check(app_configs=None, databases=None) for check in only or of_servers()]
    connection.close()  # a server opens its own connection in each thread
    serious = [f"{m.id}: {m.msg} {m.hint}" for messages in run for m in messages if m.is_serious()]
    if serious:
        raise ImproperlyConfigured(" ".join(serious))

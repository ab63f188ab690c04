"""System checks of the settings: what contradicts itself, each with a stable id and a hint."""

import sqlite3
from collections.abc import Iterator, Sequence

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register, run_checks
from django.core.exceptions import ImproperlyConfigured

# RETURNING, which the guarded updates use.
SQLITE_LEAST = (3, 35, 0)


def _public_url() -> Iterator[CheckMessage]:
    if not settings.PUBLIC_URL.startswith("https://") and not settings.DEMO:
        yield Error(
            "PUBLIC_URL is not https, so passwords and codes would travel in the open.",
            hint="Give the address that people type, such as https://mfa.example.org.",
            id="mfasite.E001",
        )


def _providers() -> Iterator[CheckMessage]:
    if not settings.DELIVERY_PROVIDERS:
        yield Error(
            "Nobody carries texts and calls.",
            hint="List the providers by name, in the order to try them: DELIVERY_PROVIDERS=...",
            id="mfasite.E002",
        )


def _sqlite() -> Iterator[CheckMessage]:
    database = settings.DATABASES.get("default", {})
    if database.get("ENGINE") != "django.db.backends.sqlite3":
        return
    options = database.get("OPTIONS", {})
    if options.get("transaction_mode") != "IMMEDIATE" or "journal_mode=WAL" not in options.get("init_command", ""):
        yield Error(
            "SQLite runs without immediate transactions or without its write-ahead log.",
            hint="Keep the OPTIONS that mfasite.settings gives it; DATABASE_URL=sqlite:///... is enough.",
            id="mfasite.E003",
        )
    if sqlite3.sqlite_version_info < SQLITE_LEAST:
        yield Error(
            f"SQLite {sqlite3.sqlite_version} is too old: it does not know RETURNING.",
            hint="Use a Python with SQLite 3.35 or newer, or PostgreSQL.",
            id="mfasite.E004",
        )


def _broker() -> Iterator[CheckMessage]:
    if not settings.REDIS_URL:
        yield Error(
            "There is no broker, so no worker hears of a message at once.",
            hint="Set REDIS_URL=redis://host:6379/0.",
            id="mfasite.E005",
        )


@register(Tags.security)
def check_settings(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """Find what contradicts itself in the settings."""
    parts = (_public_url, _providers, _sqlite, _broker)
    return [message for part in parts for message in part()]


def refuse_contradictions() -> None:
    """Stop a process that would serve in spite of an error; for servers, which run no checks by themselves.

    Errors: ImproperlyConfigured, naming each of them.
    """
    serious = [f"{message.id}: {message.msg} {message.hint}" for message in run_checks() if message.is_serious()]
    if serious:
        raise ImproperlyConfigured(" ".join(serious))

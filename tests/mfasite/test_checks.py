"""The system checks of the settings."""

import sqlite3

import pytest
from django.conf import settings as django_settings
from pytest_django import Settings

from mfasite import checks


def ids() -> set[str | None]:
    return {message.id for message in checks.check_settings(None)}


def test_finds_nothing_in_the_tests_settings() -> None:
    assert ids() == set()


def test_refuses_plain_http_outside_the_demo(settings: Settings) -> None:
    settings.DEMO, settings.PUBLIC_URL = False, "http://mfa.example.org"

    assert ids() == {"mfasite.E001"}


def test_misses_a_provider(settings: Settings) -> None:
    settings.DELIVERY_PROVIDERS = ()

    assert ids() == {"mfasite.E002"}


def use_sqlite(monkeypatch: pytest.MonkeyPatch, **options: object) -> None:
    # An item, not the whole setting: Django rightly warns of the latter.
    monkeypatch.setitem(
        django_settings.DATABASES, "default", {"ENGINE": "django.db.backends.sqlite3", "OPTIONS": options}
    )


def test_refuses_sqlite_with_deferred_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    use_sqlite(monkeypatch, timeout=20)

    assert ids() == {"mfasite.E003"}


def test_refuses_an_old_sqlite(monkeypatch: pytest.MonkeyPatch) -> None:
    use_sqlite(monkeypatch, transaction_mode="IMMEDIATE", init_command="PRAGMA journal_mode=WAL")
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 34, 1))

    assert ids() == {"mfasite.E004"}


def test_misses_a_broker(settings: Settings) -> None:
    settings.REDIS_URL = ""

    assert ids() == {"mfasite.E005"}


def test_gives_every_message_a_hint(settings: Settings) -> None:
    settings.DELIVERY_PROVIDERS, settings.REDIS_URL = (), ""
    settings.DEMO, settings.PUBLIC_URL = False, "http://mfa.example.org"

    assert all(message.hint for message in checks.check_settings(None))

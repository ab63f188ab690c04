"""The system checks of the settings."""

import os
import sqlite3
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings
from django.core.checks.registry import registry
from django.db import connection, connections
from django.db.migrations.recorder import MigrationRecorder
from pytest_django import Settings

from mfasite import checks
from tests.infrastructure import fresh_process


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

    messages = checks.check_settings(None)
    assert messages
    assert [message.id for message in messages if not message.hint] == []


def test_warns_of_a_broker_that_anyone_can_pose_as(settings: Settings) -> None:
    settings.REDIS_URL = "rediss://broker.example.org/0?ssl_cert_reqs=none"

    assert ids() == {"mfasite.W001"}


def test_misses_the_file_of_the_brokers_authority(settings: Settings, tmp_path: Path) -> None:
    settings.REDIS_CA_FILE = str(tmp_path / "nothing.pem")

    assert ids() == {"mfasite.E006"}


@pytest.mark.parametrize(
    ("proxies", "is_behind_socket", "found"),
    [((), False, {"mfasite.W002"}), (("10.0.0.5/32",), False, set()), ((), True, set())],
)
def test_warns_when_people_would_be_redirected_forever(
    settings: Settings, proxies: tuple[str, ...], is_behind_socket: bool, found: set[str]
) -> None:
    settings.HTTPS, settings.TRUSTED_PROXIES, settings.IS_BEHIND_SOCKET = True, proxies, is_behind_socket

    assert ids() == found


def test_misses_static_files(settings: Settings, tmp_path: Path) -> None:
    assert checks.check_static_files(None) == []

    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {"staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}}

    assert [message.id for message in checks.check_static_files(None)] == ["mfasite.E007"]


def test_asks_the_database_only_when_told_to(db: None) -> None:
    assert checks.check_database(None) == []
    assert checks.check_database(None, databases=["default"]) == []


@pytest.mark.postgresql
@pytest.mark.parametrize(("encoding", "found"), [("SQL_ASCII", True), ("LATIN1", True), ("UTF8", False)])
def test_refuses_a_database_that_stores_not_every_text(transactional_db: None, *, encoding: str, found: bool) -> None:
    """Seen failing: no check read it."""
    name = f"{connection.settings_dict['NAME']}_{encoding.lower()}"
    server = connections["default"].copy()
    server.settings_dict["NAME"] = "postgres"
    with server.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
        cursor.execute(f"CREATE DATABASE \"{name}\" ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0")
    address = urlsplit(os.environ["TEST_DATABASE_URL"])._replace(path=f"/{name}").geturl()
    try:
        done = fresh_process.manage("check", "--database", "default", **os.environ | {"TEST_DATABASE_URL": address})
    finally:
        with server.cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{name}"')
        server.close()

    assert ("mfasite.E010" in done.stderr, bool(done.returncode)) == (found, found), done.stderr


def test_refuses_a_demo_for_real_people(settings: Settings) -> None:
    """Seen failing: `check --deploy` found nothing."""
    settings.DEMO = False
    assert checks.check_demo(None) == []

    settings.DEMO = True

    assert [message.id for message in checks.check_demo(None)] == ["mfasite.E012"]


def test_names_missing_migrations(db: None) -> None:
    """Seen failing: `check --deploy --database default` found nothing on an empty database."""
    assert checks.check_migrations(None, databases=["default"]) == []

    MigrationRecorder.Migration.objects.filter(app="verification", name="0002_months").delete()

    assert checks.check_migrations(None) == []
    [error] = checks.check_migrations(None, databases=["default"])
    assert error.id == "mfasite.E011"
    assert "verification.0002_months" in error.msg


def test_warns_of_a_variable_that_is_nearly_ours(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("SEND_PER_PERSON_HOUR", "3")

    found = checks.check_names(None)
    checks.log_unknown_names()

    [warning] = found
    assert warning.id == "mfasite.W003"
    assert warning.msg.startswith("SEND_PER_PERSON_HOUR ")
    assert "SENDS_PER_PERSON_HOUR" in warning.msg
    assert "SENDS_PER_PERSON_HOUR" in caplog.text


def test_servers_leave_out_only_checks_that_depend_on_no_setting() -> None:
    """Some checks have no tag. Seen failing where those were left out."""
    left_out = {*registry.get_checks()} - {*checks.of_servers(), checks.check_names}

    assert {tag for check in left_out for tag in check.tags} == {"urls", "commands", "database", "models"}
    assert all(check.tags for check in left_out)


def test_servers_look_for_odd_names_once() -> None:
    """They log them. Seen failing when the checks of a server looked for them too."""
    assert checks.check_names not in checks.of_servers()


def test_no_check_finds_an_error() -> None:
    """Seen failing: the list of articles named a column that only its own method made (admin.E108).

    In a process of its own, because other tests install providers, whose checks stay registered.
    """
    done = fresh_process.manage("check", **os.environ)

    assert done.returncode == 0, done.stderr

"""Tests of the addresses of the database and the broker in the environment."""

import re

import pytest
from django.core.exceptions import ImproperlyConfigured

from mfasite import conf, database_and_redis_urls
from mfasite.environment.variables import Environment
from verification.declaring_settings import Setting, SettingsSection
from verification.declaring_settings.formats import Wrong

WRONG_ADDRESSES = (
    "postgres://user:s3cr/et@host/name",
    "postgres://user:s3cr?et@host/name",
    "postgres://user:s3cr#et@host/name",
    "postgres://user:5432#et@host/name",
    "postgres://user:s3cr@et@host/name",
    "postgres://user:[s3cr@host/name",
    "postgres://user:secret@host:port/name",
)


@pytest.mark.parametrize("value", WRONG_ADDRESSES)
@pytest.mark.parametrize("setting", [conf.database, conf.broker], ids=["database", "broker"])
def test_a_wrong_address_says_what_to_do_and_shows_nothing(value: str, setting: Setting[object]) -> None:
    environment, section = Environment({setting.name: value}), SettingsSection("", settings=[setting])
    password = setting.name.replace("_URL", "_PASSWORD")

    with pytest.raises(ImproperlyConfigured) as refusal:
        environment.read([section])

    assert f"{password} or {password}_FILE" in str(refusal.value)
    assert not {"s3cr", "secret", "et@host"} & set(re.findall(r"[\w@/#?]+", str(refusal.value)))
    assert refusal.value.__cause__ is None
    assert refusal.value.__suppress_context__ or refusal.value.__context__ is None


@pytest.mark.parametrize(
    "value", ["mysql://user:secret@host/name", "postgres://user:secret@host", "sqlite:file", "secret"]
)
def test_refuses_another_database_and_shows_nothing(value: str) -> None:
    with pytest.raises(Wrong) as refusal:
        database_and_redis_urls.database.parse(value)

    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize("value", ["https://user:secret@host/0", "secret", "redis://host/0;host:6380"])
def test_refuses_another_broker_and_shows_nothing(value: str) -> None:
    with pytest.raises(Wrong) as refusal:
        database_and_redis_urls.broker.parse(value)

    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        ("postgres://user@host:5433/name", ("name", "user", "", "host", 5433)),
        ("postgresql://user:p%40ss%2F@Host/name", ("name", "user", "p@ss/", "Host", "")),
        ("postgres://user@[2001:db8::1]:5433/name", ("name", "user", "", "2001:db8::1", 5433)),
        ("postgres://%2Fvar%2FRun%2Fpostgresql/name", ("name", "", "", "/var/Run/postgresql", "")),
        ("postgres:///name", ("name", "", "", "", "")),
    ],
)
def test_takes_an_address_of_postgresql_apart(value: str, parts: tuple[object, ...]) -> None:
    database = database_and_redis_urls.database.parse(value)

    assert tuple(database[part] for part in ("NAME", "USER", "PASSWORD", "HOST", "PORT")) == parts


def test_hands_options_on() -> None:
    database = database_and_redis_urls.database.parse("postgres://host/name?sslmode=verify-full&connect_timeout=3")

    assert database["OPTIONS"] == {"sslmode": "verify-full", "connect_timeout": "3"}


@pytest.mark.parametrize("path", ["/srv/two step/100%/it.sqlite3", "it.sqlite3", "/a?b#c"])
def test_takes_the_path_of_a_file_as_it_is(path: str) -> None:
    assert database_and_redis_urls.database.parse(f"sqlite:///{path}")["NAME"] == path


@pytest.mark.parametrize("password", ["s3cr/et", "a@b", "p#q?r", "100%", "a:b", "ü €", "[x"])
def test_takes_any_password_apart_from_the_address(password: str) -> None:
    environment = Environment({"REDIS_URL": "redis://host:6379/0", "REDIS_PASSWORD": password})

    address = database_and_redis_urls.with_password(environment[conf.broker], environment[conf.broker_password])

    database_and_redis_urls.broker.parse(address)
    assert database_and_redis_urls.has_password(address)
    assert password not in {"s3cr/et", "a@b", "p#q?r"} or password not in address


def test_puts_the_password_into_each_sentinel() -> None:
    address = database_and_redis_urls.with_password("sentinel://a:26379/0;sentinel://b:26379/0", "a/b")

    assert address == "sentinel://:a%2Fb@a:26379/0;sentinel://:a%2Fb@b:26379/0"

"""The typed readers of the environment."""

import base64
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from mfasite import env

KEY = base64.b64encode(b"k" * 32).decode()


@pytest.mark.parametrize(("value", "truth"), [("1", True), ("Yes", True), ("0", False), ("off", False), ("", False)])
def test_reads_yes_and_no(monkeypatch: pytest.MonkeyPatch, value: str, truth: bool) -> None:
    monkeypatch.setenv("IT", value)

    assert env.flag("IT") is truth


def test_refuses_a_word_that_is_neither_yes_nor_no(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMO", "maybe")

    with pytest.raises(ImproperlyConfigured, match="DEMO must be 1 or 0"):
        env.flag("DEMO")


def test_refuses_a_number_with_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IT", "12h")

    with pytest.raises(ImproperlyConfigured, match="whole number"):
        env.number("IT", 1)


def test_treats_an_empty_variable_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IT", " ")

    assert (env.text("IT", "x"), env.number("IT", 7), env.words("IT", ("a",))) == ("x", 7, ("a",))


def test_splits_a_list_and_drops_empty_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IT", "one, two,,")

    assert env.words("IT") == ("one", "two")


def test_reads_networks_and_single_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IT", "10.0.0.0/8, 2001:db8::1")

    assert env.networks("IT") == ("10.0.0.0/8", "2001:db8::1/128")


def test_refuses_a_network_with_host_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IT", "10.1.2.3/8")

    with pytest.raises(ImproperlyConfigured, match=r"such as 10\.0\.0\.0/8"):
        env.networks("IT")


@pytest.mark.parametrize(
    "value", ["mfa.example.org", "ftp://mfa.example.org", "https://mfa.example.org/path", "https://"]
)
def test_refuses_what_is_no_site_address(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("PUBLIC_URL", value)

    with pytest.raises(ImproperlyConfigured, match="must look like"):
        env.address("PUBLIC_URL")


def test_takes_the_slash_off_a_site_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLIC_URL", "https://mfa.example.org/")

    assert env.address("PUBLIC_URL") == "https://mfa.example.org"


def test_reads_a_secret_from_its_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hidden\n")
    monkeypatch.delenv("IT", raising=False)
    monkeypatch.setenv("IT_FILE", str(tmp_path / "secret"))

    assert env.secret("IT") == "hidden"


def test_refuses_a_secret_given_twice_without_repeating_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("IT", "hidden")
    monkeypatch.setenv("IT_FILE", str(tmp_path / "secret"))

    with pytest.raises(ImproperlyConfigured) as refusal:
        env.secret("IT")

    assert "hidden" not in str(refusal.value)


def test_names_the_variable_whose_file_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("IT_FILE", str(tmp_path / "nothing"))

    with pytest.raises(ImproperlyConfigured, match="IT_FILE cannot be read"):
        env.secret("IT")


def test_reads_keys_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MFA_KEYS", f"new:{KEY}, old:{KEY}")

    assert [key_id for key_id, _ in env.keys("MFA_KEYS")] == ["new", "old"]


@pytest.mark.parametrize("entry", ["k1", "k1:", "k1:c2hvcnQ=", f":{KEY}", "k1:!!!", f"k-1:{KEY}"])
def test_names_the_place_of_a_bad_key_and_never_the_key(monkeypatch: pytest.MonkeyPatch, entry: str) -> None:
    monkeypatch.setenv("MFA_KEYS", f"good:{KEY},{entry}")

    with pytest.raises(ImproperlyConfigured) as refusal:
        env.keys("MFA_KEYS")

    assert "entry 2" in str(refusal.value)
    assert KEY not in str(refusal.value)


def test_refuses_a_key_id_that_stands_there_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MFA_KEYS", f"k1:{KEY},k1:{KEY}")

    with pytest.raises(ImproperlyConfigured, match="twice"):
        env.keys("MFA_KEYS")


def test_fills_from_a_file_only_what_is_not_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("# made for the demo\nFIRST=file=with=equals\nSECOND=file\n")
    monkeypatch.delenv("FIRST", raising=False)
    monkeypatch.setenv("SECOND", "environment")
    monkeypatch.setattr(os, "environ", dict(os.environ))

    env.load(tmp_path / "keys")

    assert (env.text("FIRST"), env.text("SECOND")) == ("file=with=equals", "environment")


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
@pytest.mark.parametrize("read", [env.database, env.broker], ids=["database", "broker"])
def test_a_wrong_address_says_what_to_do_and_shows_nothing(
    monkeypatch: pytest.MonkeyPatch, value: str, read: Callable[[str], object]
) -> None:
    monkeypatch.setenv("IT_URL", value)

    with pytest.raises(ImproperlyConfigured) as refusal:
        read("IT_URL")

    assert "IT_PASSWORD or IT_PASSWORD_FILE" in str(refusal.value)
    assert not {"s3cr", "secret", "et@host"} & set(re.findall(r"[\w@/#?]+", str(refusal.value)))
    assert refusal.value.__cause__ is None
    assert refusal.value.__suppress_context__ or refusal.value.__context__ is None


@pytest.mark.parametrize("password", ["s3cr/et", "a@b", "p#q?r", "100%", "a:b", "ü €", "[x"])
def test_takes_any_password_apart_from_the_address(monkeypatch: pytest.MonkeyPatch, password: str) -> None:
    monkeypatch.setenv("IT_URL", "postgres://user@host:5433/name")
    monkeypatch.setenv("IT_PASSWORD", password)

    database = env.database("IT_URL")

    assert (database["USER"], database["PASSWORD"], database["HOST"], database["PORT"], database["NAME"]) == (
        "user",
        password,
        "host",
        5433,
        "name",
    )


def test_reads_the_password_of_a_broker_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("a/b\n")
    monkeypatch.setenv("IT_URL", "rediss://host:6380/1")
    monkeypatch.setenv("IT_PASSWORD_FILE", str(tmp_path / "password"))

    assert env.broker("IT_URL") == "rediss://:a%2Fb@host:6380/1"


def test_refuses_a_password_set_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IT_URL", "postgres://user:one@host/name")
    monkeypatch.setenv("IT_PASSWORD", "two")

    with pytest.raises(ImproperlyConfigured, match="Set it once"):
        env.database("IT_URL")


@pytest.mark.parametrize("value", ["info", "INFO", "Info"])
def test_reads_a_choice_in_any_case(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("IT", value)

    assert env.choice("IT", ("DEBUG", "INFO"), "DEBUG") == "INFO"

"""Tests of the reader of environment variables."""

import base64
import errno
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from mfasite import conf
from mfasite.environment import variables
from mfasite.environment.variables import Environment
from verification import conf as engine
from verification.declaring_settings import Setting, SettingsSection, SettingValues, formats

KEY = base64.b64encode(b"k" * 32).decode()


ODD = "NUMBER is odd."


def _odd(values: SettingValues) -> Iterator[str]:
    if values[number] % 2:
        yield ODD


SECTION = SettingsSection("It", rules=(_odd,), families=("ITS_",))
number: Setting[int] = Setting(
    SECTION, "NUMBER", formats.whole_number(1, 10_000), default=10, demo=60, unit="texts an hour", meaning="texts"
)
pause: Setting[timedelta] = Setting(
    SECTION, "PAUSE_MINUTES", formats.minutes(1, 60), default=timedelta(minutes=5), meaning="how long"
)
password: Setting[str] = Setting(
    SECTION, "A_PASSWORD", formats.text(example="x", pattern="[a-z]+"), default="", meaning="it", is_secret=True
)
needed: Setting[str] = Setting(SECTION, "NEEDED", formats.text(example="x"), default="", meaning="it", is_required=True)
twice: Setting[int] = Setting(
    SECTION,
    "TWICE",
    formats.whole_number(1, 100),
    default=0,
    derive=lambda values: 2 * values[number],
    meaning="twice as many",
)
WHOLE = {"NEEDED": "it"}


def refusal(**variables: str) -> list[str]:
    """Read the section, and return the lines of the refusal."""
    with pytest.raises(ImproperlyConfigured) as refused:
        Environment(WHOLE | variables).read([SECTION])
    assert refused.value.__cause__ is None
    assert refused.value.__context__ is None
    return str(refused.value).splitlines()


@pytest.mark.parametrize("variables", [{}, {"NUMBER": ""}, {"NUMBER": " "}])
def test_unset_and_empty_mean_the_default(variables: dict[str, str]) -> None:
    environment = Environment(variables)

    assert (environment[number], environment[twice], environment[pause]) == (10, 20, timedelta(minutes=5))


def test_a_set_value_decides_and_is_what_others_derive_from() -> None:
    environment = Environment({"NUMBER": " 12 "})

    assert (environment[number], environment[twice]) == (12, 24)


def test_the_demo_has_defaults_of_its_own() -> None:
    environment = Environment({"DEMO": "1"})

    assert (environment[number], environment[pause]) == (60, timedelta(minutes=5))


def test_reads_every_setting_under_its_name() -> None:
    read = Environment(WHOLE | {"PAUSE_MINUTES": "7"}).read([SECTION])

    assert read == {
        "NUMBER": 10,
        "PAUSE_MINUTES": timedelta(minutes=7),
        "A_PASSWORD": "",
        "NEEDED": "it",
        "TWICE": 20,
    }


def test_a_wrong_value_says_what_to_enter() -> None:
    assert refusal(NUMBER="abc") == [f"NUMBER=abc: enter {number.format.expects}, {number.unit}."]


def test_names_all_wrong_values_at_once() -> None:
    found = refusal(NUMBER="abc", PAUSE_MINUTES="soon", TWICE="0", NEEDED="")

    assert [line.partition("=")[0] for line in found[:3]] == ["NUMBER", "PAUSE_MINUTES", "TWICE"]
    assert "NEEDED" in found[3]
    assert len(found) == 4


def test_a_rule_is_refused_with_the_rest() -> None:
    assert refusal(NUMBER="11", PAUSE_MINUTES="soon")[-1] == ODD


def test_a_wrong_secret_is_never_shown() -> None:
    assert refusal(A_PASSWORD="s3cr3t") == [f"A_PASSWORD: enter {password.format.expects}."]


def test_a_long_wrong_value_is_cut_and_stays_one_line() -> None:
    lines = refusal(NUMBER="1\n" + "2" * 500)

    assert len(lines) == 1
    assert len(lines[0]) < 150


def test_reads_a_secret_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hidden\n")

    environment = Environment({"A_PASSWORD_FILE": str(tmp_path / "secret")})

    assert environment[password] == "hidden"
    assert environment.is_set(password)


def test_refuses_a_secret_given_twice_without_repeating_it(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hidden\n")

    [line] = refusal(A_PASSWORD="hidden", A_PASSWORD_FILE=str(tmp_path / "secret"))

    assert line.startswith("A_PASSWORD: ")
    assert "A_PASSWORD_FILE" in line
    assert "hidden" not in line


def test_names_the_variable_whose_file_is_missing(tmp_path: Path) -> None:
    [line] = refusal(A_PASSWORD_FILE=str(tmp_path / "nothing"))

    assert line.startswith("A_PASSWORD: A_PASSWORD_FILE ")
    assert os.strerror(errno.ENOENT) in line


def test_refuses_a_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"\xff\xfe")

    [line] = refusal(A_PASSWORD_FILE=str(tmp_path / "secret"))

    assert line.startswith("A_PASSWORD: A_PASSWORD_FILE ")
    assert "UTF-8" in line


@pytest.mark.parametrize(("url", "apart"), [("DATABASE_URL", "DATABASE_PASSWORD"), ("REDIS_URL", "REDIS_PASSWORD")])
def test_refuses_a_password_set_twice(url: str, apart: str) -> None:
    address = "postgres://user:one@host/name" if url == "DATABASE_URL" else "redis://:one@host/0"

    with pytest.raises(ImproperlyConfigured, match=rf"^{url} and {apart} "):
        Environment({"DEMO": "1", url: address, apart: "two"}).read([conf.DATABASE, conf.BROKER])


def test_fills_from_a_file_only_what_is_not_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(f"# made for the demo\nSECRET_KEY=file=with=equals\nMFA_KEYS=k1:{KEY}\n")
    monkeypatch.setattr(os, "environ", {"MFA_KEYS": f"k2:{KEY}"})

    variables.load(tmp_path / "keys")

    assert variables.value(conf.secret_key) == "file=with=equals"
    assert [key_id for key_id, _ in variables.value(engine.keys)] == ["k2"]


def test_a_child_inherits_all_but_what_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {"PATH": "/bin", "REDIS_URL": "redis://host", "SECRET_KEY_FILE": "/secret"})

    assert variables.inherited(without=[conf.secret_key, conf.broker]) == {"PATH": "/bin"}

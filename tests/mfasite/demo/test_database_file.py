"""A demo's database stays while its migrations stay, and makes room for a new one when they were changed."""

import json
from pathlib import Path

import pytest

from mfasite.demo import database_file


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Give the folder of a demo that has run before."""
    database_file.make_room(tmp_path)
    for name in ("db.sqlite3", "db.sqlite3-wal", "recovery-codes"):
        (tmp_path / name).write_text(name)
    return tmp_path


def memory(home: Path) -> dict[str, str]:
    made_with: dict[str, str] = json.loads((home / "migrations.json").read_text())
    return made_with


def remember(home: Path, made_with: object) -> None:
    (home / "migrations.json").write_text(json.dumps(made_with))


def test_new_folder_needs_no_room(tmp_path: Path) -> None:
    assert database_file.make_room(tmp_path) is None
    assert {"accounts.0001_initial", "virtual.0001_initial"} <= set(memory(tmp_path))


def test_database_of_these_migrations_stays(home: Path) -> None:
    assert database_file.make_room(home) is None
    assert (home / "db.sqlite3").exists()


def test_database_from_before_a_further_migration_stays(home: Path) -> None:
    remember(home, {name: digest for name, digest in memory(home).items() if name != "accounts.0002_tables_of_people"})

    assert database_file.make_room(home) is None
    assert "accounts.0002_tables_of_people" in memory(home)


@pytest.mark.parametrize(
    "change",
    [{"accounts.0001_initial": "another digest"}, {"accounts.0020_gone": "its digest"}],
    ids=["changed", "gone"],
)
def test_database_of_other_migrations_is_set_aside(home: Path, change: dict[str, str]) -> None:
    remember(home, memory(home) | change)

    old = database_file.make_room(home)

    assert old == home / "db.sqlite3.old"
    assert old.read_text() == "db.sqlite3"
    assert (home / "db.sqlite3.old-wal").read_text() == "db.sqlite3-wal"
    assert not any((home / name).exists() for name in ("db.sqlite3", "db.sqlite3-wal", "recovery-codes"))
    assert database_file.make_room(home) is None


@pytest.mark.parametrize("told", [None, "", "[]", "{"])
def test_database_that_says_nothing_of_its_migrations_is_set_aside(home: Path, told: str | None) -> None:
    (home / "migrations.json").unlink()
    if told is not None:
        (home / "migrations.json").write_text(told)

    assert database_file.make_room(home)

"""What is installed is what the two lists name, file by file, by its hash."""

import re
from pathlib import Path

import pytest

PIN = re.compile(r"^([a-z0-9-]+)(?:\[[^]]*\])?==([^\s;]+)", re.MULTILINE)


def _pins(path: str) -> dict[str, str]:
    return dict(PIN.findall(Path(path).read_text()))


@pytest.mark.parametrize("folder", ["", "tests/"])
def test_lock_holds_the_versions_of_the_list_beside_it(folder: str) -> None:
    wanted = _pins("requirements.txt") | _pins(f"{folder}requirements.txt")

    locked = _pins(f"{folder}requirements.lock")

    assert {name: locked.get(name) for name in wanted} == wanted, "run `make lock`"


@pytest.mark.parametrize("folder", ["", "tests/"])
def test_lock_knows_every_file_by_its_hash(folder: str) -> None:
    entries = re.split(r"\n(?=[a-z0-9])", Path(f"{folder}requirements.lock").read_text())

    assert [entry.splitlines()[0] for entry in entries if "==" in entry and "--hash=sha256:" not in entry] == []


def test_tests_run_on_the_versions_of_the_service() -> None:
    service, tests = _pins("requirements.lock"), _pins("tests/requirements.lock")

    assert {name: tests.get(name) for name in service} == service

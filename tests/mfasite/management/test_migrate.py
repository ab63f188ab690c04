"""`manage.py migrate`, as deployments run it: app by app, and on several hosts at once."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from tests.conftest import their_database
from tests.settings import KEYS

IN_STEPS = Path(__file__).parent / "migrate_in_steps.py"


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Give the environment of a service whose database is empty."""
    with their_database() as theirs:
        ours = {"DATABASE_URL": f"sqlite:///{tmp_path}/db", "DEMO": "1", "DJANGO_SETTINGS_MODULE": "mfasite.settings"}
        yield os.environ | KEYS | ours | theirs


def start_process(environment: dict[str, str], *command: str | Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, *command],
        env=environment | {"PYTHONPATH": str(settings.BASE_DIR)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def end(process: "subprocess.Popen[str]") -> None:
    said = process.communicate(timeout=120)[0]
    assert process.returncode == 0, said


def test_app_by_app_all_is_there_in_the_end(environment: dict[str, str]) -> None:
    steps = ("contenttypes", "auth", "accounts", "verification", "helpcenter", "helpcenter=zero")

    end(start_process(environment, IN_STEPS, *steps))


@pytest.mark.postgresql  # several hosts share a PostgreSQL
def test_hosts_that_migrate_at_once_wait_for_one_another(environment: dict[str, str]) -> None:
    """Seen failing without the lock: all but the first met tables that were there already."""
    hosts = [start_process(environment, IN_STEPS) for _ in range(3)]

    for host in hosts:
        end(host)

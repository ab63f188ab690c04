"""`manage.py migrate`, as deployments run it: app by app, and on several hosts at once."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from tests.conftest import THEIR_DATABASE, their_database
from tests.settings import KEYS

STEPS = """
from django.core.management import call_command
from django.contrib.auth.models import Group
from django.db import connection
from accounts.support.roles import ROLES
from helpcenter import shipped
from helpcenter.models import Article
from verification import guards
from verification.models import Cap, DigestKey

for step in {steps}:
    call_command("migrate", *step, verbosity=0, interactive=False)
given = {{group.name: group.permissions.count() for group in Group.objects.all()}}
assert given == {{name: len(rights) for name, rights in ROLES.items()}}, given
assert (Cap.objects.count(), DigestKey.objects.count()) == (2, 1)
assert Article.objects.count() == len(shipped.articles())
assert list(guards._missing(connection)) == []
"""


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Give the environment of a service whose database is empty."""
    with their_database() as theirs:
        ours = {"DATABASE_URL": f"sqlite:///{tmp_path}/db", "DEMO": "1", "DJANGO_SETTINGS_MODULE": "mfasite.settings"}
        yield os.environ | KEYS | ours | theirs


def start(environment: dict[str, str], *arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def end(process: "subprocess.Popen[str]") -> None:
    said = process.communicate(timeout=120)[0]
    assert process.returncode == 0, said


def test_app_by_app_all_is_there_in_the_end(environment: dict[str, str]) -> None:
    steps = [("contenttypes",), ("auth",), ("accounts",), ("verification",), (), ("helpcenter", "zero"), ()]

    end(start(environment, "shell", "--no-imports", "-c", STEPS.format(steps=steps)))


@pytest.mark.skipif(not THEIR_DATABASE, reason="several hosts share a PostgreSQL")
def test_hosts_that_migrate_at_once_wait_for_one_another(environment: dict[str, str]) -> None:
    """Seen failing without the lock: all but the first met tables that were there already."""
    hosts = [start(environment, "migrate", "--no-input", "--verbosity", "0") for _ in range(3)]

    for host in hosts:
        end(host)
    end(start(environment, "shell", "--no-imports", "-c", STEPS.format(steps=[])))

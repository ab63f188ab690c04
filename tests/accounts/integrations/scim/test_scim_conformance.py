"""The tests of scim2-tester against the running service, with the command line of scim2-cli."""

import os
import subprocess
from urllib.request import Request, urlopen

import pytest

from mfasite.demo.child_processes import BASE_DIR
from mfasite.demo.launcher import Stack
from tests.accounts.integrations.conftest import address
from tests.accounts.integrations.oidc import foreign_clients

pytestmark = [pytest.mark.services, pytest.mark.xdist_group("stack")]

PROGRAM = BASE_DIR / ".venv" / "scim2" / "bin" / "scim2"  # `make .venv/scim2/bin/scim2` installs it
_TOKEN = """
import django
django.setup()
from django.utils import timezone
from accounts.applications import secret_rotation
from accounts.integrations.scim import token_authentication
from accounts.models import Directory, ScimAccess
from accounts.models.directories import DirectoryKind
access = ScimAccess.objects.create(directory=Directory.objects.create(name="Tester", kind=DirectoryKind.SCIM))
print(secret_rotation.renew(access, token_authentication.PURPOSE, timezone.now()))
"""


def wait_for_the_library(url: str, token: str) -> None:
    """Send the first requests. A process takes seconds to load the library, and the tester waits for five of them."""
    for _ in range(8):
        with urlopen(Request(url, headers={"Authorization": f"Bearer {token}"}), timeout=60) as answer:  # noqa: S310  (our own service)
            assert answer.status == 200


def test_passes_the_tests_of_scim2_tester(stack: Stack) -> None:
    """They discover the server, and create, find, replace, patch and delete with every attribute that it declares."""
    assert PROGRAM.exists(), f"scim2-cli is not installed: make {PROGRAM.relative_to(BASE_DIR)}"
    token = foreign_clients.run_in_service(stack, _TOKEN).strip()

    wait_for_the_library(f"{address(stack)}/scim/v2/Schemas", token)
    run = subprocess.run(
        [str(PROGRAM), "--url", f"{address(stack)}/scim/v2", "test"],
        env={**os.environ, "SCIM_CLI_HEADERS": f"Authorization: Bearer {token}"},
        capture_output=True,
        check=False,
        text=True,
        timeout=120,
    )

    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.count("SUCCESS") > 70

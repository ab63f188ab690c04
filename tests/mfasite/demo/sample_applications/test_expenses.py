"""Tests of the demo's sample application with OpenID Connect, with the running service."""

import pytest

from mfasite.demo import child_processes, port_and_folder_checks
from mfasite.demo.launcher import Stack
from tests.accounts.integrations.oidc import foreign_clients

pytestmark = [pytest.mark.services, pytest.mark.xdist_group("stack")]


def test_signs_in_and_is_signed_out(stack: Stack) -> None:
    port = port_and_folder_checks.free_port(8300)
    here = f"http://localhost:{port}"
    more = ("--port", str(port_and_folder_checks.free_port(port + 1)), "--oidc-port", str(port))
    stack.crew.run("applications", child_processes.manage("make_demo_applications", *more))
    stack.crew.start("expenses", child_processes.expenses(port, stack.url), is_optional=True)
    stack.crew.wait("Expenses", lambda: child_processes.listens(port), seconds=20)
    browser = foreign_clients.open_browser(stack)

    browser.go(f"{here}/sign-in")
    page = foreign_clients.sign_in(stack, browser, "dev")
    assert "Dev Patel" in page.html

    browser.go(f"{stack.url}/sign-out/")
    browser.press("Sign out")
    stack.crew.wait("The sign-out", lambda: "Dev Patel" not in browser.go(f"{here}/").html, seconds=5)
    stack.crew.stop("expenses")

"""Tests of the configuration for JupyterHub that the admin writes, with a real hub and its proxy."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from mfasite.demo import child_processes
from mfasite.demo.child_processes import BASE_DIR, Crew
from mfasite.demo.launcher import Stack
from tests.accounts.integrations.oidc import foreign_clients
from tests.real_programs.ports import free_port
from tests.simulated.http_browser import Browser

pytestmark = [pytest.mark.services, pytest.mark.xdist_group("stack")]

PROGRAM = BASE_DIR / ".venv" / "jupyterhub" / "bin" / "jupyterhub"  # `make .venv/jupyterhub/bin/jupyterhub` installs it
_WRITE = """
import django, json, sys
django.setup()
from accounts.models import OidcClient
from accounts.support.applications import configurations_to_copy
name, secret = json.loads(sys.argv[1])
client = OidcClient.objects.select_related("application").get(client_id=name)
hub = next(each for each in configurations_to_copy.OIDC if each.key == "jupyterhub")
print(configurations_to_copy.written(hub, client.application, "", client, secret))
"""
# Where this machine differs from a server of its own: ports, and a hub that starts no notebooks.
_LOCAL = """
c.JupyterHub.bind_url = "http://localhost:{port}"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{hub_port}"
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{api_port}"
c.ConfigurableHTTPProxy.command = ["{proxy}"]
c.JupyterHub.db_url = "sqlite:///{room}/hub.sqlite"
c.JupyterHub.cookie_secret_file = "{room}/cookie_secret"
c.JupyterHub.allow_named_servers = True
c.JupyterHub.default_url = "/hub/home"
"""


@dataclass(frozen=True)
class JupyterHub:
    """A running JupyterHub."""

    url: str
    log: Path


@pytest.fixture
def jupyterhub(stack: Stack, room: Path, servers: Crew) -> JupyterHub:
    """Start a hub, set up by the text of the admin."""
    assert PROGRAM.exists(), f"JupyterHub is not installed: make {PROGRAM.relative_to(BASE_DIR)}"
    port = free_port()
    url = f"http://localhost:{port}"
    made = foreign_clients.make_client(stack, "jupyterhub", redirect_uris=f"{url}/hub/oauth_callback")
    values = {"port": port, "hub_port": free_port(), "api_port": free_port(), "room": room}
    proxy = foreign_clients.NODE / "node_modules" / ".bin" / "configurable-http-proxy"
    config = room / "jupyterhub_config.py"
    config.write_text(
        foreign_clients.run_in_service(stack, _WRITE, json.dumps(made)) + _LOCAL.format(**values, proxy=proxy)
    )
    path = f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}"
    servers.start("jupyterhub", ("env", f"PATH={path}", "HOME=/tmp", str(PROGRAM), "-f", str(config)))
    servers.wait("JupyterHub", lambda: child_processes.answers(f"{url}/hub/health"), seconds=60)
    return JupyterHub(url=url, log=room / "jupyterhub.log")


@pytest.fixture
def browser(stack: Stack) -> Browser:
    return foreign_clients.open_browser(stack)


def test_signs_a_person_in(stack: Stack, jupyterhub: JupyterHub, browser: Browser) -> None:
    page = browser.go(f"{jupyterhub.url}/hub/oauth_login")
    assert page.path == "/sign-in/"

    page = foreign_clients.sign_in(stack, browser, "fay")
    if "refresh" in page.html:
        page = browser.go(foreign_clients.by_page(page))

    assert (page.path, page.status) == ("/hub/home", 200)
    assert "fay" in page.html


def test_lets_nobody_in_whom_the_application_does_not_allow(
    stack: Stack, jupyterhub: JupyterHub, browser: Browser
) -> None:
    """The group decides here, so the hub needs no list of its own."""
    foreign_clients.run_in_service(stack, _CLOSE)

    browser.go(f"{jupyterhub.url}/hub/oauth_login")
    foreign_clients.sign_in(stack, browser, "dev")

    assert browser.client.at.startswith(stack.url)  # type: ignore[attr-defined]  # a surfer
    assert browser.go(f"{jupyterhub.url}/hub/home").path != "/hub/home"


_CLOSE = """
import django
django.setup()
from django.contrib.auth.models import Group
from accounts.models import Application
Application.objects.get(slug="jupyterhub").groups.add(Group.objects.create(name="Scientists"))
"""

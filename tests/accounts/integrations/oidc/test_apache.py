"""Tests of the shipped configuration for Apache with mod_auth_openidc, with the real server."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from mfasite.demo.child_processes import BASE_DIR, Crew
from mfasite.demo.launcher import Stack
from tests.accounts.integrations.oidc import foreign_clients
from tests.real_programs.ports import free_port
from tests.simulated.http_browser import Browser

pytestmark = [pytest.mark.services, pytest.mark.xdist_group("stack")]

_MODULES = (
    "mpm_event",
    "authn_core",
    "authz_core",
    "authz_user",
    "auth_openidc",
    "mime",
    "dir",
    "env",
    "cgid",
    "headers",
)
_APACHE = """\
ServerRoot {room}
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {room}/pid
ErrorLog {room}/error.log
LogLevel warn auth_openidc:debug
TypesConfig /etc/mime.types
DocumentRoot {room}/www
DefaultRuntimeDir {room}
Mutex file:{room} default
{account}
{modules}
StartServers 1
ThreadsPerChild 8
MaxRequestWorkers 16
<Directory {room}/www>
    Require all granted
    Options +ExecCGI
    AddHandler cgi-script .cgi
</Directory>
ScriptSock {room}/cgisock
"""
_PAGE = """#!/bin/sh
printf 'Content-Type: text/plain\\n\\n'
echo "user=$REMOTE_USER"
env | grep '^HTTP_OIDC_CLAIM\\|^OIDC_CLAIM' | sort
"""


@dataclass(frozen=True)
class Apache:
    """A running Apache that protects /secret/."""

    url: str
    log: Path


@pytest.fixture
def apache(stack: Stack, room: Path, servers: Crew) -> Apache:
    """Start an Apache, set up by the file in `deploy/`."""
    port = free_port()
    url = f"http://localhost:{port}"
    callback = f"{url}/secret/redirect_uri"
    name, secret = foreign_clients.make_client(
        stack,
        "apache",
        redirect_uris=callback,
        post_logout_redirect_uris=f"{url}/",
        logout_uri=f"{callback}?logout=backchannel",
    )
    (room / "www" / "secret" / "payroll").mkdir(parents=True)
    (room / "www" / "index.html").write_text("open to everyone")
    for page in (room / "www" / "secret" / "who.cgi", room / "www" / "secret" / "payroll" / "who.cgi"):
        page.write_text(_PAGE)
        page.chmod(0o755)
    changes = {
        "https://mfa.example.org/": f"{stack.url}/",
        "OIDCClientID NAME": f"OIDCClientID {name}",
        "OIDCClientSecret SECRET": f"OIDCClientSecret {secret}",
        "OIDCRedirectURI https://app.example.org": f"OIDCRedirectURI {url}",
        "PASSPHRASE": "x" * 40,
    }
    text = (BASE_DIR / "deploy" / "apache-openid-connect.conf").read_text()
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    modules = "\n".join(f"LoadModule {each}_module /usr/lib/apache2/modules/mod_{each}.so" for each in _MODULES)
    account = "User www-data\nGroup www-data\n" if os.geteuid() == 0 else ""
    conf = room / "apache.conf"
    conf.write_text(_APACHE.format(room=room, port=port, modules=modules, account=account) + text)
    if account:
        for path in (room, *room.rglob("*")):
            shutil.chown(path, "www-data")
    program = shutil.which("apache2", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program, "apache2 is not installed; .ci/run says what to install"
    servers.start("apache", (program, "-f", str(conf), "-DFOREGROUND"))
    servers.wait("Apache", lambda: _answers(port), seconds=20)
    return Apache(url=url, log=room / "error.log")


def _answers(port: int) -> bool:
    client = foreign_clients.ClientOfManyServers(f"http://localhost:{port}")
    try:
        return client.get("/").status_code == 200
    except OSError:
        return False


@pytest.fixture
def browser(stack: Stack) -> Browser:
    return foreign_clients.open_browser(stack)


def test_protects_a_page(stack: Stack, apache: Apache, browser: Browser) -> None:
    """Code and PKCE, claims in headers, sign-out at the application, and back-channel logout from here."""
    page = browser.go(f"{apache.url}/secret/who.cgi")
    assert page.path == "/sign-in/"

    page = foreign_clients.sign_in(stack, browser, "fay")
    if "refresh" in page.html:
        page = browser.go(foreign_clients.by_page(page))
    assert page.status == 200, (page, apache.log.read_text()[-2000:])
    assert "user=fay" in page.html
    assert "OIDC_CLAIM_acr=https://refeds.org/profile/mfa" in page.html

    browser.go(f"{stack.url}/sign-out/")
    browser.press("Sign out")
    stack.crew.wait("The sign-out", lambda: _is_signed_out(apache, browser), seconds=8)


def _is_signed_out(apache: Apache, browser: Browser) -> bool:
    return browser.go(f"{apache.url}/secret/who.cgi").path == "/sign-in/"


def test_asks_for_a_level(stack: Stack, apache: Apache, browser: Browser) -> None:
    """A page that needs a passkey. Someone without one comes to a page of ours, and isn't sent back and forth."""
    browser.go(f"{apache.url}/secret/who.cgi")
    foreign_clients.sign_in(stack, browser, "dev")

    page = browser.go(f"{apache.url}/secret/payroll/who.cgi")
    assert "user=dev" not in page.html
    page = browser.go(foreign_clients.by_page(page))

    assert browser.client.at.startswith(stack.url)  # type: ignore[attr-defined]  # a surfer
    assert not page.path.startswith("/oauth/")

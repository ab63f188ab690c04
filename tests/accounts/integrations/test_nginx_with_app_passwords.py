"""Tests with a real nginx, configured from `deploy/`: app passwords protect pages and mail servers."""

import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from mfasite.demo import users_and_password
from mfasite.demo.child_processes import Crew
from mfasite.demo.launcher import Stack
from tests.accounts.integrations.conftest import (
    SERVICE,
    SignedInDemoUser,
    address,
    deployed,
    opens_inbox,
    start_dovecot,
    start_nginx,
)
from tests.real_programs.ports import free_port

pytestmark = [pytest.mark.services, pytest.mark.stack, pytest.mark.slow]

Ask = Callable[..., tuple[int, str]]


class _Upstream(BaseHTTPRequestHandler):
    """The upstream server, which reports what it received."""

    def do_GET(self) -> None:
        names = [value for name, value in self.headers.items() if name.lower().replace("_", "-") == "x-remote-user"]
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"who={','.join(names)} auth={self.headers.get('Authorization', '')}".encode())

    def log_message(self, *_args: object) -> None:
        """Write nothing to the error output of the tests."""


@pytest.fixture
def upstream() -> Iterator[int]:
    """Return the port of the upstream server."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Upstream) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.fixture(scope="session")
def key(administrator: SignedInDemoUser) -> str:
    """Return the key of a service that protects files."""
    return administrator.build("nginx", "files")


@pytest.fixture
def ask(stack: Stack, key: str, room: Path, servers: Crew, upstream: int) -> Ask:
    """Return a function that requests a page behind nginx with a username and password. It returns status and text."""
    port = free_port()
    key_file = room / "two-step-pages.key"
    key_file.write_text(f'proxy_set_header X-Service-Key "{key}";\n')
    changes = {
        SERVICE: address(stack),
        "listen 443 ssl;": f"listen 127.0.0.1:{port};",
        "    ssl_certificate /etc/ssl/files.example.org.pem;\n": "",
        "    ssl_certificate_key /etc/ssl/files.example.org.key;\n": "",
        "/etc/nginx/two-step-pages.key": str(key_file),
        "http://127.0.0.1:9000": f"http://127.0.0.1:{upstream}",
    }
    http = "underscores_in_headers on;\n" + deployed("nginx-app-passwords.conf", changes)
    start_nginx(room, servers, port=port, http=http)

    def asked(name: str = "", password: str = "", **headers: str) -> tuple[int, str]:
        given = {name.replace("_", "-").replace("*", "_"): value for name, value in headers.items()}
        if name:
            given["Authorization"] = "Basic " + b64encode(f"{name}:{password}".encode()).decode()
        line = HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            line.request("GET", "/", headers=given)
            answer = line.getresponse()
            return answer.status, answer.headers.get("WWW-Authenticate", "") or answer.read().decode()
        finally:
            line.close()

    return asked


def test_shows_a_page_for_an_app_password(ask: Ask, visitor: SignedInDemoUser) -> None:
    secret = visitor.make("files")

    assert ask("cleo", secret) == (200, "who=cleo auth=")
    assert ask("cleo", secret, X_Remote_User="fay") == (200, "who=cleo auth=")
    visitor.browser.go("/app-passwords/")
    assert "from 127.0.0.1 with WEBDAV" in visitor.browser.follow("for files")


@pytest.mark.parametrize("spelling", ["X*Remote*User", "X*Remote-User", "X-Remote*User"])
def test_another_spelling_of_the_name_never_arrives(ask: Ask, visitor: SignedInDemoUser, spelling: str) -> None:
    """Many applications take an underscore for a hyphen. Seen failing where underscores are on."""
    assert ask("cleo", visitor.make("files"), **{spelling: "fay"}) == (200, "who=cleo auth=")


def test_asks_for_a_password_if_none_is_sent(ask: Ask) -> None:
    assert ask() == (401, 'Basic realm="Nginx", charset="UTF-8"')


def test_refuses_the_normal_password(ask: Ask, visitor: SignedInDemoUser) -> None:
    assert ask("cleo", users_and_password.PASSWORD)[0] == 401


def test_refuses_an_app_password_for_something_else(ask: Ask, visitor: SignedInDemoUser) -> None:
    assert ask("cleo", visitor.make("mail"))[0] == 401
    assert ask("cleo", visitor.make("files", network="192.0.2.0/24"), X_Real_IP="192.0.2.1")[0] == 401


def test_is_not_opened_by_a_callers_headers(ask: Ask, visitor: SignedInDemoUser) -> None:
    forged = {"X_Auth_User": "cleo", "Auth_Method": "plain", "Auth_User": "cleo", "Auth_Pass": "x"}

    assert ask(**forged)[0] == 401
    assert ask("cleo", "x", **forged)[0] == 401


def test_refuses_it_within_ten_seconds_of_its_deletion(ask: Ask, visitor: SignedInDemoUser) -> None:
    secret = visitor.make("files")
    assert ask("cleo", secret)[0] == 200

    visitor.delete_all()
    deleted_at = time.monotonic()

    assert ask("cleo", secret)[0] == 401
    assert time.monotonic() - deleted_at < 10


# Mail ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def proxy(stack: Stack, administrator: SignedInDemoUser, room: Path, servers: Crew) -> int:
    """Return the port of an nginx that proxies to a Dovecot."""
    slug = f"behind-{free_port()}"
    behind = start_dovecot(stack, room, servers, administrator.build(slug, "mail"))
    key = administrator.build(f"{slug}-proxy", "mail", upstream_host="127.0.0.1", upstream_port=str(behind.port))
    port, question = free_port(), free_port()
    key_file = room / "two-step-imap.key"
    key_file.write_text(f'auth_http_header X-Service-Key "{key}";\n')
    changes = {
        "127.0.0.1:9009": f"127.0.0.1:{question}",
        "listen 993 ssl;": f"listen 127.0.0.1:{port};",
        "        ssl_certificate /etc/ssl/mail.example.org.pem;\n": "",
        "        ssl_certificate_key /etc/ssl/mail.example.org.key;\n": "",
        "/etc/nginx/two-step-imap.key": str(key_file),
    }
    module = Path("/usr/lib/nginx/modules/ngx_mail_module.so")
    assert module.exists(), "libnginx-mod-mail is not installed; .ci/run says what to install"
    mail = f"load_module {module};\n" + deployed("nginx-two-step-mail.conf", changes)
    over = {"127.0.0.1:9009": f"127.0.0.1:{question}", SERVICE: address(stack)}
    http = deployed("nginx-two-step-mail-auth.conf", over)
    start_nginx(room, servers, port=port, http=http, top=mail, greeting=b"* OK")
    return port


def test_leads_to_the_mailbox_by_an_app_password(proxy: int, visitor: SignedInDemoUser) -> None:
    secret = visitor.make("mail")

    assert opens_inbox(proxy, "cleo", secret)
    assert not opens_inbox(proxy, "cleo", users_and_password.PASSWORD)

    visitor.delete_all()
    deleted_at = time.monotonic()
    assert not opens_inbox(proxy, "cleo", secret)
    assert time.monotonic() - deleted_at < 10

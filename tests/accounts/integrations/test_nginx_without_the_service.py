"""Tests with a real nginx, configured from `deploy/`, while the service can't be reached."""

import threading
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from mfasite.demo.child_processes import Crew
from tests.accounts.integrations.conftest import SERVICE, deployed, start_nginx
from tests.real_programs.ports import free_port

pytestmark = [pytest.mark.services, pytest.mark.slow]


class FaultyApplication(BaseHTTPRequestHandler):
    """An application that fails. It also stands for a service that allows every request."""

    def do_GET(self) -> None:
        status = 200 if self.path.startswith("/integrations/") else 500
        self.send_response(status)
        self.send_header("Content-Length", "10")
        self.end_headers()
        self.wfile.write(b"a mistake\n")

    do_POST = do_GET  # noqa: N815  (a name that the library gives)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def application() -> Iterator[int]:
    """Return the port of the application."""
    with ThreadingHTTPServer(("127.0.0.1", 0), FaultyApplication) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


Ask = Callable[..., tuple[int, str, str]]


@pytest.fixture
def ask(room: Path, servers: Crew) -> Ask:
    """Return a function that starts nginx with a file, and sends it a request. It returns status, caching and text."""
    port = free_port()

    def asked(file: str, changes: dict[str, str], path: str = "/", **request: object) -> tuple[int, str, str]:
        (room / "key").touch()
        start_nginx(
            room, servers, port=port, http=deployed(file, {"listen 443 ssl;": f"listen 127.0.0.1:{port};"} | changes)
        )
        line = HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            line.request(str(request.pop("method", "GET")), path, **request)  # type: ignore[arg-type]  # of a test
            answer: HTTPResponse = line.getresponse()
            return answer.status, answer.headers.get("Cache-Control", ""), answer.read().decode()
        finally:
            line.close()

    return asked


def behind(name: str, key: str, *, service: int, application: int) -> dict[str, str]:
    """Return the changes to a file that protects an application."""
    return {
        SERVICE: f"http://127.0.0.1:{service}",
        f"    ssl_certificate /etc/ssl/{name}.pem;\n": "",
        f"    ssl_certificate_key /etc/ssl/{name}.key;\n": "",
        f"/etc/nginx/{key}": "key",
        "http://127.0.0.1:9000": f"http://127.0.0.1:{application}",
    }


@pytest.mark.parametrize("path", ["/", "/.two-step/?ticket=x"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_application_is_unavailable_while_nobody_can_say_who_may_open_it(
    ask: Ask, application: int, path: str, method: str
) -> None:
    """Seen failing: people saw nginx's “500 Internal Server Error”, and thought that the application was broken."""
    changes = behind("wiki.example.org", "two-step-proxy.key", service=free_port(), application=application)

    status, caching, text = ask("nginx-application.conf", changes, path, method=method)

    assert (status, caching) == (503, "no-store")
    assert "<h1>Temporarily unavailable</h1>" in text


def test_error_of_the_application_is_its_own(ask: Ask, application: int) -> None:
    changes = behind("wiki.example.org", "two-step-proxy.key", service=application, application=application)

    assert ask("nginx-application.conf", changes) == (500, "", "a mistake\n")


def test_program_is_told_to_come_back_while_nobody_can_check_its_password(ask: Ask, application: int) -> None:
    """Seen failing: 500, after which some programs give up."""
    changes = behind("files.example.org", "two-step-pages.key", service=free_port(), application=application)

    assert ask("nginx-app-passwords.conf", changes)[0] == 503


@pytest.mark.parametrize(("status", "length"), [(502, 0), (413, 10**7)])
def test_status_is_right_where_nobody_copied_the_error_pages(ask: Ask, status: int, length: int) -> None:
    """Seen failing: 404, so people thought that the address was wrong."""
    changes = {
        "listen 80;": f"listen 127.0.0.1:{free_port()};",
        "    ssl_certificate /etc/ssl/mfa.example.org.pem;\n": "",
        "    ssl_certificate_key /etc/ssl/mfa.example.org.key;\n": "",
        "server 127.0.0.1:8000;": f"server 127.0.0.1:{free_port()};",
        "root /etc/nginx;": "root /nowhere;",
    }

    told = ask("nginx-two-step.conf", changes, method="POST", headers={"Content-Length": str(length)})

    assert told[:2] == (status, "no-store")

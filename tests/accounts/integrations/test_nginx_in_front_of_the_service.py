"""Tests with a real nginx, configured by `deploy/nginx-two-step.conf`, in front of the service with HTTPS."""

import http.client
import json
import shutil
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.request import HTTPCookieProcessor, HTTPSHandler, ProxyHandler, Request, build_opener

import pytest

from mfasite.demo import child_processes, users_and_password
from mfasite.demo.launcher import Stack
from mfasite.middleware import x_forwarded_proto
from tests.accounts.integrations.conftest import DEPLOY, SocketClient, deployed, start_nginx
from tests.conftest import METRICS_TOKEN, BringUp
from tests.faults.servers import certificate
from tests.infrastructure import fresh_process
from tests.real_programs.ports import free_port
from tests.simulated.http_browser import Browser

pytestmark = [pytest.mark.services, pytest.mark.stack, pytest.mark.slow]

NAME = "mfa.example.org"
PERSON = "127.0.0.2"  # the person's address; the proxy is 127.0.0.1
TIMEOUT = 5.0  # seconds
NAMES = {"port": "cleo", "socket": "opal"}


class _Line(http.client.HTTPSConnection):
    """A connection to the service's host name that goes to this machine's nginx."""

    def __init__(self, host: str, *, nginx: int, context: ssl.SSLContext, timeout: float = 30, **more: Any) -> None:
        super().__init__(host, timeout=timeout, context=context)
        self._nginx, self._trust = nginx, context

    def connect(self) -> None:
        raw = socket.create_connection(("127.0.0.1", self._nginx), self.timeout, source_address=(PERSON, 0))
        self.sock = self._trust.wrap_socket(raw, server_hostname=NAME)


class _Handler(HTTPSHandler):
    def __init__(self, nginx: int, context: ssl.SSLContext) -> None:
        super().__init__(context=context)
        self._line = partial(_Line, nginx=nginx, context=context)

    def https_open(self, request: Request) -> Any:
        return self.do_open(self._line, request)


class _HttpsClient(SocketClient):
    """An HTTPS client. Each request sends these headers, which may be forged."""

    def __init__(self, nginx: int, context: ssl.SSLContext, **forged: str) -> None:
        self.url, self.jar = f"https://{NAME}/", CookieJar()
        self._opener = build_opener(ProxyHandler({}), HTTPCookieProcessor(self.jar), _Handler(nginx, context))
        named = {name.replace("_", "-"): value for name, value in forged.items()}
        self._opener.addheaders = [("Origin", f"https://{NAME}"), ("User-Agent", "a browser"), *named.items()]


@dataclass
class ServiceBehindNginx:
    """The service behind nginx."""

    up: Stack
    port: int
    plain_port: int
    name: str  # of somebody who has not signed in by their app just before
    web_port: int
    trust: ssl.SSLContext

    def browser(self, **forged: str) -> Browser:
        browser = Browser()
        browser.client = _HttpsClient(self.port, self.trust, **forged)  # type: ignore[assignment]  # does what is needed
        return browser


@pytest.fixture(scope="module")
def https_stack(tmp_path_factory: pytest.TempPathFactory, bring_up: BringUp) -> Iterator[Stack]:
    """Return the service as it runs with an HTTPS URL, with one web process of four threads."""
    more = {
        "PUBLIC_URL": f"https://{NAME}",
        "WEB_THREADS": "4",
        "TRUSTED_PROXIES": "127.0.0.1",
        "METRICS_TOKEN": METRICS_TOKEN,
    }
    with bring_up(tmp_path_factory.mktemp("secure"), **more) as up:
        yield up


@pytest.fixture(params=["port", "socket"])
def service(
    request: pytest.FixtureRequest, https_stack: Stack, room: Path, servers: child_processes.Crew
) -> ServiceBehindNginx:
    """Return the service behind nginx, connected by a port or a Unix socket."""
    port, plain_port, web_port = free_port(), free_port(), int(https_stack.url.rpartition(":")[2])
    upstream = f"127.0.0.1:{web_port}"
    if request.param == "socket":
        path = room / "web.sock"
        bind = f"unix:{path}"
        servers.environment = {**https_stack.environment, "BIND": bind, "TRUSTED_PROXIES": ""}
        servers.start("web", child_processes.web())
        servers.wait("The socket", path.exists, seconds=TIMEOUT * 4)
        upstream = bind
    made, key = certificate(room, NAME)
    changes = {
        "server 127.0.0.1:8000;": f"server {upstream};",
        "listen 80;": f"listen 127.0.0.1:{plain_port};",
        "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
        "/etc/ssl/mfa.example.org.pem": str(made),
        "/etc/ssl/mfa.example.org.key": str(key),
    }
    start_nginx(room, servers, port=port, http=deployed("nginx-two-step.conf", changes))
    return ServiceBehindNginx(
        https_stack, port, plain_port, NAMES[request.param], web_port, ssl.create_default_context(cafile=str(made))
    )


@pytest.fixture
def own_answer(room: Path, servers: child_processes.Crew) -> Iterator[Callable[..., tuple[int, str, bool]]]:
    """Return a function that asks an nginx whose service doesn't run, or never answers. It returns status and page.

    The last value says whether the page is cached.
    """
    port, gone = free_port(), free_port()
    made, key = certificate(room, NAME)
    shutil.copytree(DEPLOY / "nginx-error-pages", room / "two-step-error-pages")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        changes = {
            "listen 80;": f"listen 127.0.0.1:{free_port()};",
            "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
            "/etc/ssl/mfa.example.org.pem": str(made),
            "/etc/ssl/mfa.example.org.key": str(key),
            "root /etc/nginx;": f"root {room};",
            "proxy_read_timeout 30s;": "proxy_read_timeout 1s;",
        }
        text = deployed("nginx-two-step.conf", changes)
        ours = "server 127.0.0.1:8000;"
        assert ours in text

        def ask(status: int) -> tuple[int, str, bool]:
            upstream = silent.getsockname()[1] if status == 504 else gone
            start_nginx(room, servers, port=port, http=text.replace(ours, f"server 127.0.0.1:{upstream};"))
            line = _Line(NAME, nginx=port, context=ssl.create_default_context(cafile=str(made)))
            with closing(line):
                line.request("POST", "/sign-in/", headers={"Content-Length": str(10**7 if status == 413 else 0)})
                answer = line.getresponse()
                return answer.status, answer.read().decode(), "no-store" not in answer.headers.get("Cache-Control", "")

        yield ask


@pytest.mark.parametrize(("status", "page"), [(413, "too-large"), (502, "unavailable"), (504, "unavailable")])
def test_answers_of_nginx_itself_are_pages_for_people(
    own_answer: Callable[..., tuple[int, str, bool]], status: int, page: str
) -> None:
    """Seen failing with the bare pages of nginx."""
    shown = (DEPLOY / "nginx-error-pages" / f"{page}.html").read_text(encoding="utf-8")

    assert own_answer(status) == (status, shown, False)


def code(up: Stack, name: str) -> str:
    return fresh_process.manage("demo_code", name, **up.environment).stdout.strip()


def test_signs_in_and_knows_where_the_person_sits(service: ServiceBehindNginx) -> None:
    """Forged headers about address, scheme and host change nothing."""
    browser = service.browser(
        X_Forwarded_For="203.0.113.9",
        X_Forwarded_Proto="http",
        X_Forwarded_Host="evil.example",
        X_Real_IP="203.0.113.8",
    )
    browser.go("/sign-in/")
    browser.press("Sign in", username=service.name, password=users_and_password.PASSWORD)
    browser.press("Verify", code=code(service.up, service.name))

    activity = browser.go("/activity/")

    assert activity.path == "/activity/"
    assert PERSON in activity
    assert "203.0.113" not in activity


def test_leads_plain_http_to_https(service: ServiceBehindNginx) -> None:
    line = http.client.HTTPConnection("127.0.0.1", service.plain_port, timeout=TIMEOUT)
    line.request("GET", "/sign-in/", headers={"Host": NAME})

    answer = line.getresponse()

    assert (answer.status, answer.headers["Location"]) == (301, f"https://{NAME}/sign-in/")
    line.close()


def test_forty_half_sent_requests_stop_nobody(service: ServiceBehindNginx) -> None:
    """Sent to the web process itself, they would hold every thread of it."""
    browser = service.browser()
    head = f"POST /sign-in/ HTTP/1.1\r\nHost: {NAME}\r\nContent-Length: 1000\r\nContent-Type: text/plain\r\n\r\nhalf"
    with ExitStack() as lines:
        for _ in range(40):
            raw = socket.create_connection(("127.0.0.1", service.port), TIMEOUT)
            line = lines.enter_context(service.trust.wrap_socket(raw, server_hostname=NAME))
            line.sendall(head.encode())

        begun = time.monotonic()
        pages = [browser.go("/sign-in/").status for _ in range(8)]

        assert pages == [200] * 8
        assert time.monotonic() - begun < TIMEOUT


def test_shows_figures_to_no_stranger(service: ServiceBehindNginx) -> None:
    assert service.browser().go("/metrics").status == 404


def test_shows_figures_to_monitoring_with_the_token(service: ServiceBehindNginx) -> None:
    assert service.browser(Authorization=f"Bearer {METRICS_TOKEN}").go("/metrics").status == 200


@pytest.mark.parametrize("service", ["port"], indirect=True)
def test_a_proxy_that_is_not_trusted_is_named_instead_of_redirecting_forever(service: ServiceBehindNginx) -> None:
    line = http.client.HTTPConnection("127.0.0.1", service.web_port, timeout=TIMEOUT, source_address=("127.0.0.3", 0))
    line.request("GET", "/sign-in/", headers={"Host": NAME, "X-Forwarded-Proto": "https", "X-Forwarded-For": PERSON})

    answer = line.getresponse()

    assert answer.status == 400
    assert answer.read().decode() == x_forwarded_proto.FOR_PEOPLE
    log = (service.up.home / "web.log").read_text()
    assert "127.0.0.3" in log
    assert "TRUSTED_PROXIES" in log
    line.close()


@pytest.mark.parametrize("service", ["port"], indirect=True)
def test_a_balancer_may_ask_without_https(service: ServiceBehindNginx) -> None:
    line = http.client.HTTPConnection("127.0.0.1", service.web_port, timeout=TIMEOUT)
    line.request("GET", "/readyz", headers={"Host": NAME})

    answer = line.getresponse()

    assert (answer.status, json.loads(answer.read())["ready"]) == (200, True)
    line.close()


_BUILD = """
from django.utils import timezone
from accounts.applications import secret_rotation
from accounts.models import Application, ProtectedHost, Proxy
wiki, _ = Application.objects.get_or_create(slug="wiki", kind="proxy", defaults={"name": "Wiki"})
ProtectedHost.objects.get_or_create(application=wiki, host="wiki.example.org")
about = {"name": "Front", "program": "caddy", "networks": ["127.0.0.2/32"]}
proxy, _ = Proxy.objects.get_or_create(slug="front", defaults=about)
print(secret_rotation.renew(proxy, "proxy", timezone.now()))
"""


def test_answers_the_proxy_of_an_application(service: ServiceBehindNginx) -> None:
    """The application's proxy is known by its secret and its address, which nginx reports. It names its own host.

    Seen failing without the location of nginx for it, which removes X-Forwarded-Host.
    """
    run = fresh_process.manage("shell", "--no-imports", "-v0", "-c", _BUILD, **service.up.environment)
    told = {
        "Host": "wiki.example.org",
        "X-Proxy-Secret": run.stdout.strip(),
        "X-Forwarded-Host": "wiki.example.org",
        "X-Forwarded-Uri": "/page",
        "X-Forwarded-Method": "GET",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-For": "203.0.113.9",
        "Accept": "text/html",
    }

    def ask(**other: str) -> tuple[int, str]:
        line = _Line(NAME, nginx=service.port, context=service.trust)
        try:
            named = {name.replace("_", "-"): value for name, value in other.items()}
            line.request("GET", "/integrations/forward-auth/", headers=told | named)
            answer = line.getresponse()
            return answer.status, answer.headers.get("Location", "")
        finally:
            line.close()

    status, location = ask()
    assert status == 302
    assert location.startswith(f"https://{NAME}/integrations/hosts/enter/?rd=https%3A%2F%2Fwiki.example.org%2Fpage")
    assert ask(X_Proxy_Secret="x")[0] == 403
    assert ask(X_Forwarded_Uri="/a/../b")[0] == 403
    assert ask(X_Forwarded_Host="unknown.example.org")[0] == 403

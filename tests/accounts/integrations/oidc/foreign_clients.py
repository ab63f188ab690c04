"""Foreign clients of the running service: a program that uses openid-client, and browsers that visit its addresses."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode, urljoin, urlsplit

from mfasite.demo import child_processes, users_and_password
from mfasite.demo.launcher import Stack
from tests.simulated.http_browser import Browser, NetworkResponse, Page

NODE = Path(__file__).parent / "node"
CALLBACK = "https://app.example.org/callback"
AFTER_LOGOUT = "https://app.example.org/bye"

_MAKE = """
import django, json, sys
django.setup()
from django.utils import timezone
from accounts.integrations.oidc import client_registration
from accounts.models import Application
slug, settings, given = json.loads(sys.argv[1])
Application.objects.filter(slug=slug).delete()
application = Application.objects.create(slug=slug, name=slug.title(), kind="oidc", **settings)
made = client_registration.make(application, now=timezone.now(), **given)
print(json.dumps([made.client.client_id, made.secret]))
"""


def run_in_service(stack: Stack, code: str, *arguments: str) -> str:
    """Run Python in the service's environment."""
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(
        command, env=dict(stack.environment), cwd=child_processes.BASE_DIR, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def make_client(stack: Stack, slug: str, *, settings: Mapping[str, Any] | None = None, **given: Any) -> tuple[str, str]:
    """Add an application and its client, and return the client's name and secret."""
    usual = {"redirect_uris": CALLBACK, "post_logout_redirect_uris": AFTER_LOGOUT}
    name, secret = json.loads(run_in_service(stack, _MAKE, json.dumps([slug, settings or {}, {**usual, **given}])))
    return name, secret


class OpenidClientError(Exception):
    """The library refused. Shape: its code."""


@dataclass
class OpenidClient:
    """A program that uses openid-client."""

    process: "subprocess.Popen[str]"
    port: int = 0

    def do(self, name: str, **values: Any) -> Any:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"do": name, **values}) + "\n")
        self.process.stdin.flush()
        return self.read()

    def read(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the program has ended"
        answer = json.loads(line)
        if "error" in answer:
            raise OpenidClientError(answer["error"], answer["cause"])
        return answer["ok"]


def let_pass(party: OpenidClient, at: int, *, seconds: int) -> None:
    """Let seconds pass since a time: it counts whole ones of the real clock, which the library checks."""
    while time.time() < at + seconds:
        party.do("heard")


@contextmanager
def library(stack: Stack, name: str, secret: str) -> Iterator[OpenidClient]:
    """Start the program for one client."""
    command = ["node", str(NODE / "relying_party.mjs"), stack.url, name, secret, CALLBACK]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    ) as process:
        try:
            found = OpenidClient(process)
            found.port = found.read()["port"]
            yield found
        finally:
            process.kill()


@dataclass
class ClientOfManyServers:
    """Like Django's test client, but over sockets, to any server of this machine. It stops where it would leave it."""

    home: str
    cookies: dict[str, dict[str, str]] = field(default_factory=dict)
    defaults: dict[str, str] = field(default_factory=dict)
    at: str = ""

    def get(self, address: str, sent: Mapping[str, str] | None = None, *, follow: bool = True) -> NetworkResponse:
        return self.ask("GET", address, b"")

    def post(self, address: str, sent: Mapping[str, str], *, follow: bool = True) -> NetworkResponse:
        return self.ask("POST", address, urlencode(sent).encode())

    def ask(self, method: str, address: str, body: bytes) -> NetworkResponse:
        """Ask, and follow redirects on this machine."""
        url = urljoin(self.at or self.home, address)
        while True:
            response = self._once(method, url, body)
            self.at = url
            location = response.get("Location")
            target = urljoin(url, location)
            if response.status_code not in {301, 302, 303, 307} or urlsplit(target).hostname not in {
                "localhost",
                "127.0.0.1",
            }:
                return response
            method, url, body = "GET", target, b""

    def _once(self, method: str, url: str, body: bytes) -> NetworkResponse:
        parts = urlsplit(url)
        jar = self.cookies.setdefault(str(parts.hostname), {})
        connection = HTTPConnection(str(parts.hostname), parts.port or 80, timeout=30)
        headers = {"Accept": "text/html", **self.defaults}
        if jar:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in jar.items())
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        path = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
        connection.request(method, path, body or None, headers)
        answer = connection.getresponse()
        content = answer.read()
        for value in answer.headers.get_all("Set-Cookie") or []:
            for name, morsel in SimpleCookie(value).items():
                if morsel["max-age"] == "0" or not morsel.value:
                    jar.pop(name, None)
                else:
                    jar[name] = morsel.value
        connection.close()
        where = {"PATH_INFO": parts.path, "QUERY_STRING": parts.query}
        return NetworkResponse(answer.status, content, {k.title(): v for k, v in answer.headers.items()}, where)


def open_browser(stack: Stack) -> Browser:
    """Return a browser with cookies of its own, at the running service."""
    browser = Browser()
    browser.client = cast("Any", ClientOfManyServers(stack.url))
    return browser


_CODE = """
import django, sys
django.setup()
from django.core.management import call_command
from verification.models import Enrolment
Enrolment.objects.filter(user__username=sys.argv[1]).exclude(sealed_secret="").update(counter=-1)
call_command("demo_code", sys.argv[1])
"""


def code_of(stack: Stack, name: str) -> str:
    """Return the current code of a demo user's authenticator app, also if another test used it a moment ago."""
    return run_in_service(stack, _CODE, name).strip()


def sign_in(stack: Stack, browser: Browser, name: str) -> Page:
    """Enter password and code on the sign-in page that is open."""
    browser.press("Sign in", username=name, password=users_and_password.PASSWORD)
    return verify(stack, browser, name)


def verify(stack: Stack, browser: Browser, name: str) -> Page:
    """Enter the code of the authenticator app."""
    page = browser.press("Verify", code=code_of(stack, name))
    assert page.path != "/sign-in/verify/", page
    return page


def location(page: Page) -> str:
    """Return where the browser would go from here; empty on a page of ours that asks something."""
    return str(page.response.get("Location", ""))


def target(page: Page) -> str:
    """Return where the browser goes from here."""
    found = location(page)
    assert found, page
    return found


def by_page(page: Page) -> str:
    """Return where the page in between leads, which comes after a form."""
    found = re.search(r'http-equiv="refresh" content="0; ?url=([^"]+)"', page.html)
    assert found, page
    return unescape(found[1])


def start_sign_in(party: OpenidClient, browser: Browser, **parameters: str) -> Page:
    """Send a browser to the service with a new request of a client, and return where it ends."""
    return browser.go(party.do("start", parameters=parameters))


_SESSION = """
import django, sys
django.setup()
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.utils import timezone
from accounts.sessions import session_assurance
from accounts.models import User
from accounts.sessions.session_store import BACKEND, SessionStore
user, now, store = User.objects.get(username=sys.argv[1]), timezone.now().timestamp(), SessionStore()
store[SESSION_KEY], store[BACKEND_SESSION_KEY] = str(user.pk), BACKEND
store[HASH_SESSION_KEY] = user.get_session_auth_hash()
store[session_assurance.KEY] = {"epoch": user.epoch, "verified": {"password": now, "totp": now}, "why": "required"}
store.create()
print(store.session_key)
"""


def enter(stack: Stack, browser: Browser, name: str) -> None:
    """Give a browser the session of someone who just signed in. Codes of an app would take half a minute each."""
    browser.client.cookies["localhost"] = {"mfa_session": run_in_service(stack, _SESSION, name).strip()}  # type: ignore[assignment]  # text will do


def signed_in(
    stack: Stack, party: OpenidClient, browser: Browser, name: str = "cleo", **parameters: str
) -> dict[str, Any]:
    """Sign someone in to the client, and first to the service if they aren't."""
    page = start_sign_in(party, browser, **parameters)
    if not location(page):
        enter(stack, browser, name)
        page = start_sign_in(party, browser, **parameters)
    return dict(party.do("finish", url=target(page)))

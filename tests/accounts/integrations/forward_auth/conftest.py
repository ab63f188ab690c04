"""Fixtures: a wiki behind a proxy, and a browser that visits it."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.http import HttpResponseBase
from django.test import Client

from accounts.applications import secret_rotation
from accounts.integrations.forward_auth import proxy_authentication
from accounts.models import Application, ProtectedHost, Proxy
from tests.infrastructure.replayed_set_ups import SET_UPS
from tests.simulated.http_browser import Browser, Page
from tests.simulated.people import Clock, Person, ana, ben, cleo, clock
from tests.simulated.signed_in_staff import root

__all__ = ["ana", "ben", "cleo", "clock", "root"]

HOST = "wiki.example.org"
PROXY_ADDRESS = "198.51.100.9"
ENDPOINT = "/integrations/forward-auth/"
NAVIGATION = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


@dataclass
class ForwardAuthProxy:
    """A proxy that asks about each request of one browser, and keeps the cookies of each host for it."""

    secret: str
    browser: Browser = field(default_factory=Browser)
    jars: dict[str, dict[str, str]] = field(default_factory=dict)

    def ask(
        self,
        uri: str = "/",
        *,
        host: str = HOST,
        method: str = "GET",
        below: str = "",
        cookie: str | None = None,
        network: str = PROXY_ADDRESS,
        **headers: str,
    ) -> Any:
        """Ask about one request, as a page by default. Further headers overwrite those of the proxy and browser."""
        jar = self.jars.setdefault(host, {})
        told = {
            "X-Proxy-Secret": self.secret,
            "X-Forwarded-Host": host,
            "X-Forwarded-Uri": uri,
            "X-Forwarded-Proto": "http",
            "X-Forwarded-Method": method,
            "X-Forwarded-For": "192.0.2.7",
            "Cookie": "; ".join(f"{name}={value}" for name, value in jar.items()) if cookie is None else cookie,
            **NAVIGATION,
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        sent = {name: value for name, value in told.items() if value}
        response = Client(REMOTE_ADDR=network).generic(method, ENDPOINT + below, headers=sent)
        _keep(jar, response)
        return response

    def open(self, uri: str = "/", *, host: str = HOST) -> Any:
        """Open a page as a person does: through the portal, if the proxy is told so. Returns the last answer."""
        response = self.ask(uri, host=host)
        if response.status_code != 302:
            return response
        page = self.browser.go(_path(response["Location"]))
        return self.arrive(page)

    def arrive(self, page: Page) -> Any:
        """Continue from the portal's page to the host, or return the portal's answer if it leads nowhere."""
        url = leads_to(page)
        if not url:
            return page.response
        parts = urlsplit(url)
        taken = self.ask(f"{parts.path}?{parts.query}" if parts.query else parts.path, host=parts.netloc)
        if taken.status_code != 302:
            return taken
        back = urlsplit(taken["Location"])
        return self.ask(f"{back.path}?{back.query}" if back.query else back.path, host=back.netloc)


def leads_to(page: Page) -> str:
    """Return where a page of the portal continues automatically."""
    found = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', page.html)
    return unescape(found[1]) if found else ""


def _keep(jar: dict[str, str], response: HttpResponseBase) -> None:
    for name, morsel in response.cookies.items():
        if str(morsel["max-age"]) == "0":
            jar.pop(name, None)
        else:
            jar[name] = morsel.value


def _path(url: str) -> str:
    assert url.startswith("http://testserver/"), url
    return url.removeprefix("http://testserver")


Build = Callable[..., Application]


@pytest.fixture
def build(db: None) -> Build:
    """Return a function that adds an application with hosts: each `host` or `host/path/`, with what visitors need."""

    def built(slug: str = "wiki", *hosts: tuple[str, str, str] | tuple[str, str], **fields: Any) -> Application:
        application = Application.objects.create(
            slug=slug, name=slug.title(), kind=Application.Kind.PROXY, address=f"http://{slug}.example.org/", **fields
        )
        for where, access, *strength in hosts or ((HOST, "strength"),):
            host, _slash, path = where.partition("/")
            prefix = f"/{path}" if path else "/"
            ProtectedHost.objects.create(
                application=application,
                host=host,
                path_prefix=prefix,
                access=access,
                strength=strength[0] if strength else "",
            )
        return application

    return built


@pytest.fixture
def proxy(db: None, clock: Clock) -> Proxy:
    """A Caddy with a secret."""
    return Proxy.objects.create(slug="front", name="Front", program="caddy", networks=[f"{PROXY_ADDRESS}/32"])


@pytest.fixture
def secret(proxy: Proxy, clock: Clock) -> str:
    def renewed() -> tuple[str, dict[str, Any]]:
        return secret_rotation.renew(proxy, proxy_authentication.PURPOSE, clock.now), vars(proxy)

    found, now = SET_UPS.run("proxy_secret", (proxy.pk,), renewed)
    vars(proxy).update(now)
    return found


@pytest.fixture
def wiki(build: Build) -> Application:
    """A wiki that needs any second step."""
    return build()


@pytest.fixture
def asking_proxy(secret: str, wiki: Application) -> ForwardAuthProxy:
    """A proxy in front of the wiki, and a browser without a session."""
    return ForwardAuthProxy(secret)


@pytest.fixture
def proxy_of_ana(asking_proxy: ForwardAuthProxy, ana: Person) -> ForwardAuthProxy:
    """The same, with Ana signed in to the wiki."""
    ana.sign_in()
    asking_proxy.browser = browser = ana.browser

    def opened() -> tuple[dict[str, dict[str, str]], Page | None, Any]:
        assert asking_proxy.open().status_code == 200
        return asking_proxy.jars, browser.page, browser.client.cookies

    key = (asking_proxy.secret, browser.client.cookies.output())
    asking_proxy.jars, browser.page, browser.client.cookies = SET_UPS.run("proxy_of_ana", key, opened)
    return asking_proxy

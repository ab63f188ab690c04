"""A browser that does no more than it must: one connection, cookies, forms. It costs the machine little."""

import http.client
import re
import time
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

_MAX_IDLE = 4.0  # seconds; the server closes a connection after five
_AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537.36"


class UnexpectedResponse(Exception):
    """An answer that no right sign-in meets."""


@dataclass(frozen=True)
class TimedResponse:
    """What came back, and after how long. Units: `took` in milliseconds."""

    status: int
    location: str
    body: str
    took: float
    headers: dict[str, str] = field(default_factory=dict)

    def expect(self, status: int, location: str = "") -> float:
        """Give the time taken. Errors: `UnexpectedResponse`."""
        if self.status != status or not self.location.startswith(location):
            text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", self.body))
            raise UnexpectedResponse(f"{self.status} {self.location} instead of {status} {location}: {text[:600]}")
        return self.took


@dataclass
class TimedBrowser:
    """One person's browser.

    Shape: `network` is the address that the proxy in front would name; `host` the name in the address bar, if the site
    is reached by https through that proxy.
    """

    site: str
    network: str
    host: str = ""
    cookies: dict[str, str] = field(default_factory=dict)
    _wire: http.client.HTTPConnection | None = None
    _used_at: float = 0.0

    def get(self, path: str) -> TimedResponse:
        """Load a page."""
        return self._send("GET", path, None)

    def post(self, path: str, **fields: str) -> TimedResponse:
        """Send a form with its token."""
        token = next((value for name, value in self.cookies.items() if "csrf" in name), "")
        return self._send("POST", path, urlencode({"csrfmiddlewaretoken": token} | fields))

    def close(self) -> None:
        """Hang up."""
        if self._wire is not None:
            self._wire.close()
            self._wire = None

    def _send(self, verb: str, path: str, body: str | None) -> TimedResponse:
        headers = {"User-Agent": _AGENT, "Accept-Language": "en", "X-Forwarded-For": self.network}
        if self.host:
            headers |= {"Host": self.host, "X-Forwarded-Proto": "https", "Origin": f"https://{self.host}"}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        begun = time.perf_counter()
        wire = self._line()
        wire.request(verb, path, body, headers)
        response = wire.getresponse()
        text = response.read().decode()
        took = (time.perf_counter() - begun) * 1000
        self._used_at = time.monotonic()
        for cookie in response.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return TimedResponse(response.status, response.headers.get("Location", ""), text, took, dict(response.headers))

    def _line(self) -> http.client.HTTPConnection:
        if self._wire is None or time.monotonic() - self._used_at > _MAX_IDLE:
            self.close()
            self._wire = http.client.HTTPConnection(urlsplit(self.site).netloc, timeout=30)
        return self._wire

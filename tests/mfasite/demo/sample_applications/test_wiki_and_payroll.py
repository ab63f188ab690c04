"""Tests of the demo's sample applications: what visitors see, and that nothing they send is believed."""

import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from mfasite.demo.sample_applications import wiki_and_payroll

ASKED: list[dict[str, str]] = []


class FakeForwardAuthService(BaseHTTPRequestHandler):
    """A service that lets one cookie in."""

    def do_GET(self) -> None:
        """Answer as forward-auth does."""
        ASKED.append({name.lower(): value for name, value in self.headers.items()} | {"path": self.path})
        is_known = self.headers.get("Cookie") == "two-step-1=good"
        self.send_response(200 if is_known else 302)
        for name, value in (("Remote-User", "ana"), ("Remote-Name", "%C3%81na <b>")) if is_known else ():
            self.send_header(name, value)
        if not is_known:
            self.send_header("Location", "http://localhost/sign-in/")
            self.send_header("Set-Cookie", "two-step-browser=x")
            self.send_header("X-Internal", "x")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    """Return the port of the sample applications, in front of which a proxy asks the service above."""
    ASKED.clear()
    service = ThreadingHTTPServer(("127.0.0.1", 0), FakeForwardAuthService)
    handler = type(
        "SampleProxy",
        (wiki_and_payroll.SampleProxy,),
        {"service": f"http://127.0.0.1:{service.server_address[1]}", "secret": "s"},
    )
    samples = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threads = [threading.Thread(target=each.serve_forever) for each in (service, samples)]
    for thread in threads:
        thread.start()
    yield int(samples.server_address[1])
    for each in (samples, service):
        each.shutdown()
        each.server_close()
    for thread in threads:
        thread.join()


def get(port: int, path: str = "/", **headers: str) -> tuple[int, dict[str, str], str]:
    line = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        line.request("GET", path, headers={"Host": f"payroll.localhost:{port}", "Connection": "close", **sent})
        answer = line.getresponse()
        return answer.status, dict(answer.headers), answer.read().decode()
    finally:
        line.close()


def test_shows_who_the_visitor_is(port: int) -> None:
    status, _headers, page = get(port, "/x?y", Cookie="two-step-1=good")

    assert status == 200
    assert "<h1>Payroll</h1>" in page
    assert "Ána &lt;b&gt;" in page
    assert f"http://wiki.localhost:{port}/" in page


def test_passes_on_the_way_to_the_sign_in(port: int) -> None:
    status, headers, _page = get(port)

    assert status == 302
    assert headers["Location"] == "http://localhost/sign-in/"
    assert headers["Set-Cookie"] == "two-step-browser=x"
    assert "X-Internal" not in headers


def test_believes_nothing_that_a_visitor_sends(port: int) -> None:
    forged = {"Remote_User": "intruder", "X_Forwarded_Uri": "/public", "X_Forwarded_Host": "evil"}

    _status, _headers, page = get(port, "/private", Cookie="two-step-1=good", **forged)

    [asked] = ASKED
    assert asked["x-forwarded-uri"] == "/private"
    assert asked["x-forwarded-host"] == f"payroll.localhost:{port}"
    assert asked["x-proxy-secret"] == "s"
    assert "remote-user" not in asked
    assert "intruder" not in page


def test_opens_nothing_when_the_service_is_down() -> None:
    handler = type("SampleProxy", (wiki_and_payroll.SampleProxy,), {"service": "http://127.0.0.1:1", "secret": "s"})
    samples = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=samples.handle_request)
    thread.start()

    status, _headers, _page = get(int(samples.server_address[1]), Cookie="two-step-1=good")

    thread.join()
    samples.server_close()
    assert status == 503

"""A restart of the web server fails no request: systemd keeps its socket open, and requests wait there."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3

from mfasite.demo.child_processes import Crew
from tests.faults.servers import WebServer

pytestmark = [pytest.mark.slow, pytest.mark.stack]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[WebServer]:
    server = WebServer(tmp_path)
    yield server
    server.held.close()


def test_no_request_fails_while_the_web_server_restarts(server: WebServer, tmp_path: Path) -> None:
    """Seen failing where gunicorn opens the address itself: 150 requests were refused or cut off in two restarts."""
    over = threading.Event()
    answers: list[int | str] = []
    pool = urllib3.PoolManager(retries=False, timeout=60)

    def ask() -> None:
        while not over.is_set():
            try:
                answers.append(pool.request("GET", f"{server.url}/healthz", headers={"Connection": "close"}).status)
            except urllib3.exceptions.HTTPError as error:
                answers.append(repr(error))

    def are_answered() -> None:
        n = len(answers) + 100
        Crew(tmp_path, {}).wait("The web server", lambda: len(answers) > n, seconds=60)

    visitors = [threading.Thread(target=ask) for _ in range(6)]
    process = server.start()
    try:
        for visitor in visitors:
            visitor.start()
        for _ in range(2):
            are_answered()
            process.terminate()
            process.communicate(timeout=40)
            process = server.start()
        are_answered()
    finally:
        over.set()
        for visitor in visitors:
            visitor.join()
        process.terminate()
        process.communicate(timeout=40)

    assert set(answers) == {200}


def test_says_if_its_own_address_is_another_one(tmp_path: Path) -> None:
    """`BIND` decides whether the proxy is trusted, so it must be the address that people's requests come to."""
    server = WebServer(tmp_path, bind="unix:/run/two-step/web.sock")

    process = server.start()
    _, told = process.communicate(timeout=60)
    server.held.close()

    assert process.returncode == 1
    assert told.strip() == (
        f"BIND=unix:/run/two-step/web.sock, but systemd listens on {server.url.removeprefix('http://')}. "
        "Change BIND, or the address of the unit with: systemctl edit two-step-web.socket"
    )

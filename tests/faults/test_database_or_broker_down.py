"""Tests in which the database or broker stops under a running service: pages say so, and everything recovers."""

import contextlib
import json
import re
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest

from mfasite.demo import child_processes, launcher
from mfasite.demo import starting_redis as brokers
from mfasite.demo.child_processes import Crew
from mfasite.demo.launcher import Stack
from mfasite.demo.users_and_password import PASSWORD
from tests.bench.browser import TimedBrowser, TimedResponse
from tests.faults import servers
from tests.faults.servers import Postgres
from tests.real_programs.ports import free_port
from tests.settings import KEYS

pytestmark = [pytest.mark.services, pytest.mark.slow]


@dataclass
class ServiceWithOwnServers:
    """A service with a database and broker that the test can stop."""

    up: Stack
    database: Postgres
    crew: Crew
    folder: Path

    def ask(self, path: str) -> TimedResponse:
        """Request a page as a new visitor, on a separate connection."""
        browser = TimedBrowser(self.up.url, "127.0.0.1")
        try:
            return browser.get(path)
        finally:
            browser.close()

    def wait_for(self, path: str, status: int, *, seconds: float = 20.0) -> TimedResponse:
        deadline = time.monotonic() + seconds
        while (answer := self.ask(path)).status != status:
            assert time.monotonic() < deadline, f"{path} answers {answer.status}, not {status}"
            time.sleep(0.2)
        return answer


@pytest.fixture
def service(tmp_path: Path) -> Iterator[ServiceWithOwnServers]:
    for name in ("broker", "site"):
        (tmp_path / name).mkdir()
    with (
        servers.postgres() as database,
        servers.redis(tmp_path / "broker") as (crew, broker_url),
        launcher.up(
            tmp_path / "site", port=free_port(), broker_url=broker_url, more={**KEYS, "DATABASE_URL": database.url}
        ) as up,
    ):
        yield ServiceWithOwnServers(up, database, crew, tmp_path / "broker" / "broker")


def sign_in_by_text(service: ServiceWithOwnServers, *, seconds: float) -> None:
    """Sign Ana in by the text on her virtual phone, which must come within so many seconds."""
    browser = TimedBrowser(service.up.url, "127.0.0.1")
    browser.get("/sign-in/").expect(200)
    asked = time.time()
    took = browser.post("/sign-in/", username="ana", password=PASSWORD).expect(302, "/sign-in/verify/")
    assert took < 1500, "the page waited for something that is away"
    browser.post("/sign-in/verify/", code=wait_for_text(browser, since=asked, seconds=seconds)).expect(302, "/")
    browser.close()


def wait_for_text(browser: TimedBrowser, *, since: float, seconds: float) -> str:
    """Wait for a text that arrives after the given time, and return its code."""
    until = time.monotonic() + seconds
    while not (text := newest(browser, since=since)):
        assert time.monotonic() < until, f"no text within {seconds} s"
        time.sleep(0.2)
    return text


def newest(browser: TimedBrowser, *, since: float) -> str:
    """Return the code of the newest text since the given time, or an empty string."""
    for each in json.loads(browser.get("/phone/messages.json").body):
        if each["kind"] == "text" and datetime.fromisoformat(each["time"]).timestamp() >= since:
            found = re.search(r"\b\d{6}\b", each["words"])
            return found[0] if found else ""
    return ""


def test_database_that_is_away_is_said_and_comes_back(service: ServiceWithOwnServers) -> None:
    sign_in_by_text(service, seconds=5)

    browser = TimedBrowser(service.up.url, "127.0.0.1")
    browser.get("/sign-in/").expect(200)  # for some seconds that page asks the database for nothing

    service.database.stop()
    away = browser.post("/sign-in/", username="ana", password=PASSWORD)
    browser.close()
    ready = service.ask("/readyz")
    service.database.start()

    assert away.status == 503
    assert "Traceback" not in away.body
    assert "Temporarily unavailable" in away.body
    assert (ready.status, "database" in ready.body) == (503, True)
    assert service.ask("/healthz").status == 200
    until = time.monotonic() + 30  # each process has its own connections, and tries them again on its own
    while {service.ask("/readyz").status for _ in range(8)} != {200}:
        assert time.monotonic() < until, "not all processes are back"
        time.sleep(0.2)
    sign_in_by_text(service, seconds=10)


def test_connections_that_the_server_cut_are_replaced_unseen(service: ServiceWithOwnServers) -> None:
    """Seen failing without the check of connections that the pool hands out."""
    sign_in_by_text(service, seconds=5)

    with psycopg.connect(service.database.url, autocommit=True) as admin:
        others = "backend_type = 'client backend' AND pid <> pg_backend_pid()"
        cut = admin.execute(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {others}").fetchall()

    assert len(cut) > 1
    assert [service.ask("/readyz").status for _ in range(6)] == [200] * 6
    sign_in_by_text(service, seconds=5)


def test_broker_that_is_away_keeps_nobody_out(service: ServiceWithOwnServers) -> None:
    sign_in_by_text(service, seconds=5)

    service.crew.stop("broker")
    sign_in_by_text(service, seconds=5)
    ready = service.ask("/readyz")
    assert (ready.status, json.loads(ready.body)["degraded"]) == (200, ["broker"]), "no balancer may take the site away"

    service.crew.start("broker", brokers.command(service.folder))
    service.up.crew.wait("The broker", lambda: child_processes.lacks_nothing(service.up.url), seconds=20)
    sign_in_by_text(service, seconds=5)


def test_worker_that_starts_without_the_broker_sends_what_waits(service: ServiceWithOwnServers) -> None:
    """Seen failing while its sweep began only once the broker was there."""
    browser = TimedBrowser(service.up.url, "127.0.0.1")
    browser.get("/sign-in/").expect(200)
    browser.post("/sign-in/", username="ana", password=PASSWORD).expect(302, "/sign-in/verify/")
    wait_for_text(browser, since=0, seconds=10)
    service.crew.stop("broker")
    service.up.crew.stop("worker")
    with psycopg.connect(service.database.url, autocommit=True) as rows:
        rows.execute(
            "UPDATE verification_message SET state = 'queued', not_before = created_at, claims = 0, reference = '' "
            "WHERE kind = 'text'"
        )
        again = time.time()

    service.up.crew.start("worker", child_processes.worker())
    wait_for_text(browser, since=again, seconds=15)
    browser.close()


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """Return a disk of a few megabytes."""
    with TemporaryDirectory(prefix="mfa-disk-") as folder:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", folder], check=True)
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)


def test_disk_that_is_full_is_said_and_leaves_nothing_half_done(small_disk: Path, tmp_path: Path) -> None:
    """SQLite on a disk without room: pages that only read go on, others say so; with room again all goes on."""
    database = f"sqlite:///{small_disk / 'db.sqlite3'}"
    with launcher.up(tmp_path, port=free_port(), more={**KEYS, "DATABASE_URL": database}) as up:
        up.crew.stop("worker", "beat", "carrier")
        browser = TimedBrowser(up.url, "127.0.0.1")
        browser.get("/sign-in/").expect(200)
        filler = small_disk / "filler"
        with contextlib.suppress(OSError), filler.open("wb") as file:
            while True:
                file.write(b"\0" * 4096)
                file.flush()

        full = [browser.post("/sign-in/", username="ana", password=PASSWORD) for _ in range(3)][-1]
        filler.unlink()

        assert full.status == 503
        assert "Temporarily unavailable" in full.body
        assert "Traceback" not in full.body
        browser.get("/sign-in/").expect(200)
        browser.post("/sign-in/", username="ana", password=PASSWORD).expect(302, "/sign-in/verify/")
        browser.close()

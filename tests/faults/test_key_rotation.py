"""Tests of key rotation and retirement on a real server during continuous sign-ins: none fails."""

import base64
import hashlib
import itertools
import os
import re
import secrets
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, ProxyHandler, Request, build_opener

import pytest
from django.contrib.auth.hashers import make_password
from django.utils import timezone
from django_otp.oath import totp

from accounts.models import User
from mfasite.demo import child_processes
from mfasite.demo.child_processes import BASE_DIR, Child, Crew
from tests.infrastructure.rounds import rounds
from tests.real_programs.ports import free_port
from tests.verification.conftest import for_workers
from verification.keys import key_uses, reencryption
from verification.models import AuditEvent, Enrolment

pytestmark = [pytest.mark.slow, pytest.mark.stack, pytest.mark.django_db(transaction=True)]

PASSWORD = "blue-lamp-on-monday"
RATE = rounds(6, 12)  # sign-ins a second
WEB_PROCESSES = rounds(1, 2)
MIN_SIGN_INS = rounds(16, 31)  # sign-ins: a fast machine goes on for a moment after the last key
SLEEPERS = 600  # people who don't sign in, so that sealing their secrets again takes a while
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')


def ring(*names: str) -> str:
    """Write a key list. The first key is that of this process, whose database the server shares."""
    keys = {name: hashlib.sha256(f"key {name} of this test".encode()).digest() for name in names}
    return ",".join(f"{name}:{base64.b64encode(keys[name]).decode()}" for name in names)


@pytest.fixture
def ours(settings: Any, transactional_db: None) -> None:
    """Use the old key in this process as well, with its digest key."""
    old = ("old", base64.b64decode(ring("old").partition(":")[2]))
    settings.MFA_KEYS = (old, *settings.MFA_KEYS)
    list(reencryption.run())


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """Return the file that MFA_KEYS_FILE points to."""
    path = tmp_path / "keys"
    path.write_text(ring("old"))
    return path


@pytest.fixture
def environment(ours: None, keys: Path, tmp_path: Path) -> dict[str, str]:
    port = free_port()
    found = for_workers(tmp_path, broker="none:", url="redis+socket:///nowhere/broker.sock")
    found.pop("MFA_KEYS")
    return found | {
        "MFA_KEYS_FILE": str(keys),
        "PUBLIC_URL": f"http://localhost:{port}",
        "BIND": f"127.0.0.1:{port}",
        "TRUSTED_PROXIES": "127.0.0.0/8",
        "WEB_WORKERS": str(WEB_PROCESSES),
        "LOG_LEVEL": "WARNING",
    }


@pytest.fixture
def crew(environment: dict[str, str], tmp_path: Path) -> Iterator[Crew]:
    with child_processes.crew(tmp_path, environment) as crew:
        yield crew


def people(n: int) -> dict[str, bytes]:
    """Create people with an app. All share one password hash, because hashing is not tested here."""
    kept = make_password(PASSWORD)
    users = User.objects.bulk_create(
        User(username=secrets.token_hex(8), password=kept, second_step="enforced") for _ in range(n)
    )
    found, rows = {}, []
    for user in users:
        row = Enrolment(user=user, method="totp", confirmed=True, confirmed_at=timezone.now(), is_default=True)
        row.secret = found[user.username] = secrets.token_bytes(20)
        rows.append(row)
    Enrolment.objects.bulk_create(rows)
    return found


def sign_in(url: str, name: str, secret: bytes, network: str) -> str:
    """Sign one person in with three requests, and return the final page."""
    opener = build_opener(ProxyHandler({}), HTTPCookieProcessor(CookieJar()))
    headers = {"X-Forwarded-For": network, "User-Agent": "a browser of the tests"}

    def ask(path: str, **fields: str) -> tuple[str, str]:
        data = urlencode(fields).encode() if fields else None
        with opener.open(Request(f"{url}{path}", data=data, headers=headers), timeout=30) as answer:  # noqa: S310  (our own service)
            return answer.geturl().removeprefix(url), answer.read().decode()

    _, page = ask("/sign-in/")
    at, page = ask("/sign-in/", csrfmiddlewaretoken=_TOKEN.findall(page)[0], username=name, password=PASSWORD)
    if at != "/sign-in/verify/":
        return f"{name}: {at} after the password"
    code = f"{totp(secret):06d}"
    at, _ = ask(at, csrfmiddlewaretoken=_TOKEN.findall(page)[0], code=code)
    return at


def workers(web: Child) -> set[str]:
    """Return the worker processes of a server."""
    pid = web.process.pid
    return set(Path(f"/proc/{pid}/task/{pid}/children").read_text().split())


def reload_with(crew: Crew, web: Child, url: str, keys: Path, value: str) -> None:
    """Do what an operator does: write the list, reload, and wait until only new processes answer."""
    before = workers(web)
    keys.write_text(value)
    os.kill(web.process.pid, signal.SIGHUP)
    crew.wait("The new workers", lambda: len(workers(web)) == WEB_PROCESSES and not workers(web) & before, seconds=60)
    crew.wait("The web server", lambda: child_processes.answers(f"{url}/healthz"), seconds=60)


def manage(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        child_processes.manage(*arguments),
        cwd=BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_no_sign_in_fails_while_a_key_is_rotated_and_retired(
    environment: dict[str, str], crew: Crew, keys: Path
) -> None:
    url = environment["PUBLIC_URL"]
    people(SLEEPERS)
    crowd = people(400)
    web = crew.start("web", child_processes.web())
    crew.wait("The web server", lambda: child_processes.answers(f"{url}/healthz"), seconds=60)
    is_over, networks = False, itertools.count(1)

    def knock(pool: ThreadPoolExecutor) -> list[Future[str]]:
        sent: list[Future[str]] = []
        begun = time.monotonic()
        for place, (name, secret) in enumerate(crowd.items()):
            if is_over and len(sent) >= MIN_SIGN_INS:
                break
            time.sleep(max(0.0, begun + place / RATE - time.monotonic()))
            n = next(networks)
            sent.append(pool.submit(sign_in, url, name, secret, f"10.0.{n >> 8}.{n & 255}"))
        return sent

    with ThreadPoolExecutor(16) as pool, ThreadPoolExecutor(1) as clock:
        asked = clock.submit(knock, pool)
        for value in (ring("old", "new"), ring("new", "old")):  # first known everywhere, then the one that seals
            reload_with(crew, web, url, keys, value)
        told = manage(environment, "reencrypt")
        reload_with(crew, web, url, keys, ring("new"))
        is_over = True
        pages = [future.result() for future in asked.result()]

    assert told.returncode == 0, told.stderr
    [fate] = [line for line in told.stdout.splitlines() if line.startswith("key old: ")]  # none counts what needs it
    assert "MFA_KEYS" in fate
    assert [page for page in pages if page != "/"] == []
    assert len(pages) >= MIN_SIGN_INS
    assert AuditEvent.objects.filter(kind="sign_in.completed").count() == len(pages)
    left = {key_id for use in key_uses.sealed() for key_id in key_uses.n_sealed_by_key(use)}
    assert left == {"new"}
    assert manage(environment, "check_restore").returncode == 0


def test_neither_server_nor_worker_starts_without_a_key_that_is_needed(environment: dict[str, str], keys: Path) -> None:
    people(3)
    keys.write_text(ring("new"))

    for command in (child_processes.python("-c", "import mfasite.wsgi"), child_processes.manage("worker")):
        answer = subprocess.run(
            command, cwd=BASE_DIR, env=environment, capture_output=True, text=True, check=False, timeout=60
        )
        assert answer.returncode != 0
        assert "verification.E006" in answer.stderr
        assert re.search(r"MFA_KEYS .*\bold: 3\b", answer.stderr)
    assert "verification.E006" in manage(environment, "check", "--deploy").stderr

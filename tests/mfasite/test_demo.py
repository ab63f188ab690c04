"""The demo as its visitor starts, meets and ends it: real processes on a free port, in a folder of their own."""

import contextlib
import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import pytest
import urllib3

from mfasite.demo import users_and_password
from mfasite.demo.child_processes import BASE_DIR
from tests.conftest import THEIR_BROKER
from tests.real_programs.ports import free_port

pytestmark = [pytest.mark.stack, pytest.mark.slow, pytest.mark.xdist_group("demo")]

TIMEOUT = 90  # seconds


@dataclass
class Demo:
    """A started demo."""

    process: subprocess.Popen[str]
    port: int
    home: Path
    out: Path

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def said(self) -> str:
        return self.out.read_text()

    def wait_until_up(self) -> None:
        deadline = time.monotonic() + TIMEOUT
        while "Ctrl-C" not in self.said():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.1)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)
        return self.process.wait(TIMEOUT)


def command(*arguments: str) -> list[str]:
    return [sys.executable, str(BASE_DIR / "manage.py"), *arguments]


def environment(**more: str) -> dict[str, str]:
    """Give what a visitor's shell holds; none of the tests' own variables. One web process is enough."""
    clean = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return clean | {"WEB_WORKERS": "1"} | ({"REDIS_URL": THEIR_BROKER} if THEIR_BROKER else {}) | more


def try_to_start(port: int, home: Path) -> subprocess.CompletedProcess[str]:
    arguments = command("demo", "--port", str(port), "--dir", str(home))
    return subprocess.run(arguments, env=environment(), capture_output=True, text=True, check=False, timeout=TIMEOUT)


def start_demo(port: int, home: Path, out: Path, **more: str) -> Demo:
    arguments = command("demo", "--port", str(port), "--dir", str(home))
    with out.open("w") as stream:
        process = subprocess.Popen(arguments, env=environment(**more), stdout=stream, stderr=stream, text=True)
    return Demo(process, port, home, out)


def left_behind(home: Path) -> list[str]:
    """Name living processes whose environment speaks of this folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if str(home).encode() in (entry / "environ").read_bytes():
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return found


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Give a demo that is up although the next port is taken; the last test of this module ends it."""
    folder = tmp_path_factory.mktemp("demo")
    with socket.socket() as other:
        while True:
            port = free_port()
            with contextlib.suppress(OSError):
                other.bind(("127.0.0.1", port + 1))
                break
        other.listen()
        running = start_demo(port, folder / "home", folder / "out")
        try:
            running.wait_until_up()
            yield running
        finally:
            running.end()


@pytest.fixture(scope="module")
def without_flower(demo: Demo) -> Iterator[Demo]:
    """Give the second start of that demo, whose Flower did not start; the last test that uses it ends it."""
    demo.end()
    # A setting of Flower's own that it cannot read.
    running = start_demo(demo.port, demo.home, demo.home.parent / "out-again", FLOWER_MAX_TASKS="many")
    try:
        running.wait_until_up()
        yield running
    finally:
        running.end()


def test_runs_a_command_on_its_data(demo: Demo) -> None:
    answer = subprocess.run(
        command(f"--demo={demo.home}", "verify_audit"),
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT,
    )

    assert answer.returncode == 0, answer.stderr


def test_flower_shows_the_worker_to_anyone_who_knows_the_password(demo: Demo) -> None:
    found = re.search(r"Queues +(\S+)", demo.said())
    assert found
    ask = urllib3.PoolManager().request

    assert ask("GET", found[1], retries=False).status == 401
    who = urllib3.make_headers(basic_auth=f"opal:{users_and_password.PASSWORD}")
    deadline = time.monotonic() + TIMEOUT  # it learns of a worker by the next heartbeat
    while b"worker@" not in ask("GET", f"{found[1]}workers", headers=who).data:
        assert time.monotonic() < deadline, "Flower shows no worker"
        time.sleep(0.5)


def test_tells_where_it_is_and_who_may_sign_in(demo: Demo) -> None:
    words = demo.said()

    assert f"{demo.url}/" in words
    assert f"{demo.url}/phone/" in words
    assert "password" in words
    assert all(
        re.search(rf"^  {name} +\w", words, re.MULTILINE) for name in ("ana", "ben", "cleo", "dev", "fay", "opal")
    )


def get(url: str) -> tuple[str, bytes]:
    """Ask without any proxy, and say where the answer came from and what it was."""
    with build_opener(ProxyHandler({})).open(url, timeout=10) as answer:
        return answer.url, answer.read()


def test_is_ready_and_shows_its_first_page(demo: Demo) -> None:
    assert json.loads(get(f"{demo.url}/readyz")[1]) == {"ready": True, "down": [], "degraded": []}

    url, page = get(f"{demo.url}/")

    assert url.startswith(f"{demo.url}/sign-in/")
    assert b'name="password"' in page


def test_demo_has_a_virtual_phone(demo: Demo) -> None:
    assert b"Ana Keller" in get(f"{demo.url}/phone/")[1]
    assert json.loads(get(f"{demo.url}/phone/messages.json")[1]) is not None


def test_sample_applications_ask_who_may_open_them(demo: Demo) -> None:
    found = re.search(r"http://(wiki\.localhost):(\d+)/ and http://(payroll\.localhost):\2/", demo.said())
    assert found, demo.said()

    for host in (found[1], found[3]):
        line = HTTPConnection("127.0.0.1", int(found[2]), timeout=20)
        try:
            line.request("GET", "/page", headers={"Host": f"{host}:{found[2]}", "Accept": "text/html"})
            answer = line.getresponse()
            assert answer.status == 302
            assert answer.headers["Location"].startswith(f"{demo.url}/integrations/hosts/enter/?rd=http")
        finally:
            line.close()


def test_demo_listens_only_on_this_machine(demo: Demo) -> None:
    """Linux has 127.0.0.2 as well. A server for 127.0.0.1 doesn't answer there, and one for all addresses does."""
    addresses = {str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    for address in {"127.0.0.2", *addresses} - {"127.0.0.1", "127.0.1.1"}:
        with socket.socket() as probe:
            probe.settimeout(2)
            assert probe.connect_ex((address, demo.port)) != 0


def test_keeps_its_keys_to_itself(demo: Demo) -> None:
    for name in ("keys", "proxy-secret"):
        assert stat.S_IMODE((demo.home / name).stat().st_mode) == 0o600


def test_demo_code_prints_only_the_code(demo: Demo) -> None:
    answer = subprocess.run(
        command("demo_code", "ana"),
        env=environment(DEMO_DIR=str(demo.home)),
        capture_output=True,
        text=True,
        check=True,
        timeout=TIMEOUT,
    )

    assert re.fullmatch(r"\d{6}\n", answer.stdout)


def test_says_where_it_runs_when_started_twice(demo: Demo) -> None:
    second = try_to_start(free_port(), demo.home)

    assert second.returncode == 1
    assert f"{demo.url}/" in second.stderr
    assert str(demo.process.pid) in second.stderr


def test_says_that_its_port_is_taken(demo: Demo, tmp_path: Path) -> None:
    second = try_to_start(demo.port, tmp_path)

    assert second.returncode == 1
    assert f" {demo.port} " in second.stderr
    assert re.search(r"make demo PORT=\d+", second.stderr)


def test_shows_its_queues_elsewhere_when_the_next_port_is_taken(demo: Demo) -> None:
    assert json.loads(get(f"{demo.url}/readyz")[1])["ready"]

    port = re.search(r"Queues +http://localhost:(\d+)/", demo.said())
    assert port is not None
    assert port[1] != str(demo.port + 1)


def test_says_that_its_folder_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    answer = try_to_start(free_port(), tmp_path / "file" / "demo")

    assert answer.returncode == 1
    assert "make demo DEMO_DIR=" in answer.stderr


def _is(entry: Path, *, home: Path, word: bytes) -> bool:
    with contextlib.suppress(OSError):
        return word in (entry / "cmdline").read_bytes() and str(home).encode() in (entry / "environ").read_bytes()
    return False


def test_goes_on_when_flower_ends(demo: Demo) -> None:
    """Seen failing: Flower, which only shows something, ended the whole demo with it."""
    flower = next(
        int(entry.name)
        for entry in Path("/proc").glob("[0-9]*")
        if _is(entry, home=demo.home, word=b"manage.py\0flower")
    )

    os.kill(flower, signal.SIGKILL)

    deadline = time.monotonic() + TIMEOUT
    while str(demo.home / "flower.log") not in demo.said():
        assert time.monotonic() < deadline, demo.said()
        time.sleep(0.2)
    assert json.loads(get(f"{demo.url}/readyz")[1])["ready"]


def test_ends_every_child_when_told_to(demo: Demo) -> None:
    assert any("gunicorn" in line for line in left_behind(demo.home))

    assert demo.end(signal.SIGTERM) == 0

    assert "Traceback" not in demo.said()
    assert left_behind(demo.home) == []


def test_keeps_its_people_from_one_start_to_the_next(demo: Demo, request: pytest.FixtureRequest) -> None:
    before = (demo.home / "recovery-codes").read_text()

    again = request.getfixturevalue("without_flower")

    assert json.loads(get(f"{again.url}/readyz")[1])["ready"]
    assert (demo.home / "recovery-codes").read_text() == before


def test_goes_on_without_flower(without_flower: Demo) -> None:
    """Seen failing: one part that only shows something ended the whole demo."""
    assert str(without_flower.home / "flower.log") in without_flower.said()
    assert "Queues" not in without_flower.said()
    assert json.loads(get(f"{without_flower.url}/readyz")[1])["ready"]


def test_ends_in_order_when_it_is_interrupted_while_it_starts(tmp_path: Path) -> None:
    starting = start_demo(free_port(), tmp_path / "home", tmp_path / "out")
    deadline = time.monotonic() + TIMEOUT
    while "preparing the database" not in starting.said():
        assert time.monotonic() < deadline, starting.said()
        time.sleep(0.05)

    assert starting.end(signal.SIGINT) == 0
    assert "Traceback" not in starting.said()
    assert left_behind(tmp_path / "home") == []


def test_names_the_child_that_ended_and_stops_the_rest(without_flower: Demo) -> None:
    other = without_flower
    carrier = next(
        int(entry.name)
        for entry in Path("/proc").glob("[0-9]*")
        if _is(entry, home=other.home, word=b"manage.py\0carrier")
    )

    os.kill(carrier, signal.SIGKILL)

    assert other.process.wait(TIMEOUT) == 1
    assert str(other.home / "carrier.log") in other.said()
    assert left_behind(other.home) == []

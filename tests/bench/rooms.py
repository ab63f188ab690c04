"""Brings up what is measured: the whole service, the floor beside it, and a driver for each."""

import base64
import contextlib
import json
import os
import secrets
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from kombu import Connection
from psycopg import sql

from mfasite.demo import child_processes, launcher
from mfasite.demo.launcher import Stack
from tests.bench import meter

DATABASE = os.environ.get("TEST_DATABASE_URL", "")
BROKER = os.environ.get("TEST_REDIS_URL", "")


class Broken(Exception):
    """A driver ended before its order was done; the text is the end of its log."""


@dataclass
class Hand:
    """Our end of a driver's line."""

    process: subprocess.Popen[str]
    log: Path

    def order(self, action: str, /, **more: Any) -> Any:
        """Have one thing done and give the driver's answer. Errors: `Broken`."""
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(json.dumps({"do": action} | more) + "\n")
            self.process.stdin.flush()
        return self.answer()

    def answer(self) -> Any:
        """Read one line of the driver. Errors: `Broken`."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise Broken("\n".join(self.log.read_text(encoding="utf-8").splitlines()[-12:]))
        return None if line == "ready\n" else json.loads(line)


@dataclass(frozen=True)
class Site:
    """One site under measurement: its driver, and the processes that serve its pages."""

    name: str
    hand: Hand
    web: tuple[int, ...]

    def order(self, action: str, /, **more: Any) -> tuple[Any, float]:
        """Have one thing done; gives the answer and the milliseconds of processor time that the web used for it."""
        before = meter.cpu(self.web)
        answer = self.hand.order(action, **more)
        return answer, meter.cpu(self.web) - before


@dataclass(frozen=True)
class Rooms:
    """Everything that is up."""

    ours: Site
    floor: Site
    service: Stack

    def workers(self) -> tuple[int, ...]:
        """Give the processes of all Celery workers."""
        children = [child for child in self.service.crew.children if child.name.startswith("worker")]
        return tuple(pid for child in children for pid in meter.family(child.process.pid))

    def no_workers(self) -> None:
        """End all Celery workers; what is put out now waits at the broker."""
        crew = self.service.crew
        if names := [child.name for child in crew.children if child.name.startswith("worker")]:
            crew.stop(*names)

    def two_workers(self) -> None:
        """Put two workers of 64 threads, and one for housekeeping, as in production, in the place of the demo's one."""
        self.no_workers()
        crew = self.service.crew
        for name in ("worker-1", "worker-2"):
            crew.start(name, child_processes.worker(name, threads=64, queues="texts,calls"))
        crew.start("worker-house", child_processes.worker("worker-house", threads=4, queues="housekeeping"))
        prefix = self.service.environment["BROKER_PREFIX"]
        crew.wait(
            "A worker",
            lambda: child_processes.workers_answer(self.service.broker_url, prefix=prefix),
            seconds=launcher.SECONDS,
        )


@contextlib.contextmanager
def up() -> Iterator[Rooms]:
    """Bring everything up on databases of its own, and all of it down again."""
    with tempfile.TemporaryDirectory(prefix="mfa-bench-") as folder, contextlib.ExitStack() as open_rooms:
        home = Path(folder)
        keys = {
            "SECRET_KEY": secrets.token_urlsafe(50),
            "MFA_KEYS": f"bench:{base64.b64encode(secrets.token_bytes(32)).decode()}",
            # The driver names an address for each browser, as a proxy in front does.
            "TRUSTED_PROXIES": "127.0.0.1",
            "LOG_LEVEL": "WARNING",
            "TASK_EVENTS": "0",
        }
        texts = open_rooms.enter_context(carrier())
        theirs = open_rooms.enter_context(_database("service"))
        more = keys | texts | theirs
        service = open_rooms.enter_context(launcher.up(home, port=_port(), broker_url=BROKER, more=more))
        floor = open_rooms.enter_context(_floor(home / "floor", service))
        ours = open_rooms.enter_context(_site("ours", service.url, home, service.environment, _web(service)))
        yield Rooms(ours=ours, floor=floor, service=service)


@contextlib.contextmanager
def carrier(host: str = launcher.HOST) -> Iterator[dict[str, str]]:
    """Start the carrier that texts go to, and tell where it is and under which key it signs."""
    command = child_processes.python("-m", "tests.bench.carrier", host)
    with subprocess.Popen(command, cwd=child_processes.BASE_DIR, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            port = process.stdout.readline().strip()
            yield {
                "DELIVERY_PROVIDERS": "gateway,virtual",
                "GATEWAY_URL": f"http://{host}:{port}/send",
                "GATEWAY_RECEIPT_KEYS": secrets.token_urlsafe(32),
            }
        finally:
            process.terminate()


def _forget_texts(service: Stack) -> None:
    """Empty the floor's queue, which nobody reads, at a broker that others use too."""
    options = {"global_keyprefix": service.environment["BROKER_PREFIX"]}
    with Connection(service.broker_url, transport_options=options) as broker:
        channel: Any = broker.default_channel  # the stubs know the least of all channels
        channel.queue_delete("floor")


def _web(service: Stack) -> int:
    return next(child.process.pid for child in service.crew.children if child.name == "web")


@contextlib.contextmanager
def _floor(home: Path, service: Stack) -> Iterator[Site]:
    """Serve the floor by the same server with the same workers and threads."""
    home.mkdir()
    port = _port()
    address = f"http://{launcher.HOST}:{port}"
    with _database("floor") as theirs:
        shared = dict(service.environment) | {
            "DJANGO_SETTINGS_MODULE": "tests.bench.floor.settings",
            "DATABASE_URL": f"sqlite:///{home / 'db.sqlite3'}",
            "BIND": f"{launcher.HOST}:{port}",
            **theirs,
        }
        with child_processes.crew(home, shared) as crew:
            for tables in ((), ("--run-syncdb",)):  # those with migrations first: PostgreSQL looks for what a key names
                crew.run("prepare", child_processes.python("-m", "django", "migrate", *tables, "--verbosity", "0"))
            server = ("-m", "gunicorn", "-c", "python:mfasite.gunicorn_conf", "tests.bench.floor.wsgi")
            web = crew.start("web", child_processes.python(*server))
            crew.wait("The floor", lambda: child_processes.answers(f"{address}/"), seconds=launcher.SECONDS)
            with _site("floor", address, home, shared, web.process.pid) as site:
                try:
                    yield site
                finally:
                    _forget_texts(service)


@contextlib.contextmanager
def _site(name: str, address: str, home: Path, environment: Mapping[str, str], web: int) -> Iterator[Site]:
    with driver(name, address, home, environment) as hand:
        yield Site(name, hand, meter.family(web))


@contextlib.contextmanager
def driver(name: str, address: str, home: Path, environment: Mapping[str, str]) -> Iterator[Hand]:
    """Start a driver beside a site."""
    log = home / "driver.log"
    with log.open("w") as errors:
        process = subprocess.Popen(
            child_processes.python("-m", "tests.bench.driver", name, address),
            cwd=child_processes.BASE_DIR,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        with process:
            try:
                hand = Hand(process, log)
                hand.answer()
                yield hand
            finally:
                process.terminate()


@contextlib.contextmanager
def _database(name: str) -> Iterator[dict[str, str]]:
    """Make a database beside TEST_DATABASE_URL's and drop it afterwards; without that address SQLite serves."""
    if not DATABASE:
        yield {}
        return
    name = f"mfa_bench_{name}_{secrets.token_hex(4)}"
    parts = urlsplit(DATABASE)
    with psycopg.connect(urlunsplit(parts._replace(path="/postgres")), autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield {"DATABASE_URL": urlunsplit(parts._replace(path=f"/{name}"))}
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _port() -> int:
    with socket.socket() as probe:
        probe.bind((launcher.HOST, 0))
        return int(probe.getsockname()[1])

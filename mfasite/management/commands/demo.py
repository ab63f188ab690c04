"""Runs the whole service on this machine, with demo users and a virtual phone, until it is stopped."""

import base64
import contextlib
import errno
import fcntl
import json
import os
import secrets
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from mfasite import conf, demo_database
from mfasite.demo import broker, child_processes, launcher, provider_pages, users
from mfasite.demo.child_processes import Failed
from mfasite.environment import env

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(Exception):
    """The demo was asked to stop."""


class Command(BaseCommand):
    """Run the demo."""

    help = "Run the demo: everything on this machine, nothing to install, until Ctrl-C."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Add port and folder."""
        parser.add_argument("--port", type=int, default=8000, help="port on 127.0.0.1 (8000)")
        parser.add_argument("--dir", default=str(settings.DEMO_DIR), help="where the demo keeps its data (.demo)")

    def handle(self, *args: Any, port: int, dir: str, **options: Any) -> None:  # noqa: A002 - the option's name
        """Run until the demo is stopped or one of its processes exits."""
        home = Path(dir).resolve()
        url = f"http://{launcher.NAME}:{port}"
        for number in SIGNALS:
            signal.signal(number, _stop)
        try:
            with self._only_one(home, url):
                self._check_port(port)
                _make_keys(home / "keys")
                self._serve(home, port)
        except Stopped:
            self.stdout.write("Everything has ended.")
        except Failed as failure:
            self._refuse(str(failure))
        except broker.NoBroker:
            self._refuse(
                "There is no broker for this machine. Install redis-server or valkey, or set REDIS_URL=redis://..."
            )

    def _serve(self, home: Path, port: int) -> None:
        theirs = settings.REDIS_URL if env.is_set(conf.broker) else ""
        if old := demo_database.make_room(home):
            self._say(f"the database was made by other migrations: it is now {old}, and a new one is made")
        try:
            operator = {"FLOWER_BASIC_AUTH": f"opal:{users.PASSWORD}"}
            with launcher.up(home, port=port, broker_url=theirs, say=self._say, more=operator) as running:
                self._welcome(running, self._show_queues(running, _free(port + 1)))
                launcher.watch(running)
        finally:
            for number in SIGNALS:
                signal.signal(number, signal.SIG_IGN)

    def _show_queues(self, running: launcher.Stack, port: int) -> int:
        """Start Flower and return its port, or 0 if it fails: the demo works without a view of the queues."""
        running.crew.start("flower", child_processes.flower(port))
        try:
            running.crew.wait("Flower", lambda: child_processes.listens(port), seconds=launcher.SECONDS)
        except Failed as failure:
            running.crew.stop("flower")
            running.crew.check()  # unless it was another part that ended
            self._say(f"going on without Flower: {str(failure).splitlines()[0]}")
            return 0
        return port

    def _say(self, words: str) -> None:
        self.stdout.write(f"… {words}")
        self.stdout.flush()

    def _welcome(self, running: launcher.Stack, queues: int) -> None:
        width = max(len(person.name) for person in users.CAST)
        lines = [
            "",
            f"  The service     {running.url}/",
            f"  The phone       {running.url}{provider_pages.phone_url()}",
            f"  Administration  {running.url}/admin/",
            *(
                [f"  Celery queues   http://{launcher.NAME}:{queues}/ (Flower; user opal, the password below)"]
                * bool(queues)
            ),
            "",
            f"  Everybody's password: {users.PASSWORD}",
            "",
            *(f"  {person.name:<{width}}  {person.about}" for person in users.CAST),
            "",
            f"  An authenticator app's code: {_code_command(running.home)}",
            f"  Recovery codes, each good once: {running.home / 'recovery-codes'}",
            f"  Data and logs: {running.home}",
            "  Ctrl-C ends everything.",
            "",
        ]
        self.stdout.write("\n".join(lines))
        self.stdout.flush()

    @contextlib.contextmanager
    def _only_one(self, home: Path, url: str) -> Iterator[None]:
        try:
            home.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = (home / "lock").open("a+", encoding="utf-8")
        except OSError as error:
            self._refuse(f"{home} cannot be written: {error.strerror}. Choose another folder: make demo DEMO_DIR=...")
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                lock.seek(0)
                self._refuse(_runs_already(home, lock.read()))
            lock.truncate(0)
            lock.write(json.dumps({"url": url, "pid": os.getpid()}))
            lock.flush()
            yield

    def _check_port(self, port: int) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((launcher.HOST, port))
            except OverflowError:
                self._refuse(f"There is no port {port}; choose one between 1024 and 65535.")
            except OSError as error:
                taken = error.errno == errno.EADDRINUSE
                why = "is taken by another program" if taken else f"cannot be used: {error.strerror}"
                self._refuse(f"Port {port} {why}. Choose another one: make demo PORT={port + 1}")

    def _refuse(self, words: str) -> NoReturn:
        self.stdout.flush()
        self.stderr.write(words)
        sys.exit(1)


def _free(port: int) -> int:
    """Return this port if it is free, else any other."""
    for wanted in (port, 0):
        with socket.socket() as probe, contextlib.suppress(OSError, OverflowError):
            probe.bind((launcher.HOST, wanted))
            return int(probe.getsockname()[1])
    return port


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    for again in SIGNALS:
        signal.signal(again, signal.SIG_IGN)
    raise Stopped


def _runs_already(home: Path, told: str) -> str:
    try:
        running = json.loads(told)
        where = f"at {running['url']}/ (process {running['pid']})"
    except (ValueError, KeyError):
        where = f"in {home}"
    return f"The demo runs already {where}. End it with Ctrl-C there, or choose another folder: make demo DEMO_DIR=..."


def _make_keys(path: Path) -> None:
    """Create this demo's own keys, once. Only their owner can read them."""
    if path.exists():
        return
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    with contextlib.closing(os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w")) as file:
        file.write(f"SECRET_KEY={secrets.token_urlsafe(50)}\nMFA_KEYS=demo:{key}\n")


def _code_command(home: Path) -> str:
    python = Path(sys.executable)
    with contextlib.suppress(ValueError):
        python = python.relative_to(Path.cwd())
    where = "" if home == settings.BASE_DIR / ".demo" else f"DEMO_DIR={home} "
    return f"{where}{python} manage.py code ana"

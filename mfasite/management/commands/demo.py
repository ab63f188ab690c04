"""Runs the whole service on this machine, with demo users and a virtual phone, until it is stopped."""

import base64
import contextlib
import fcntl
import json
import os
import secrets
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from mfasite import conf
from mfasite.demo import (
    child_processes,
    database_file,
    launcher,
    port_and_folder_checks,
    provider_pages,
    starting_redis,
    users_and_password,
)
from mfasite.demo.child_processes import ChildFailed
from mfasite.environment import variables
from verification import conf as engine

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(Exception):
    """The demo was asked to stop."""


class Command(BaseCommand):
    """Run the demo."""

    help = "Run the whole service on this machine, with demo users and a virtual phone. Ctrl-C ends everything."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Add port and folder."""
        parser.add_argument(
            "--port",
            type=int,
            default=8000,
            help="the port on 127.0.0.1 (default 8000). Flower uses the next one, or another free port",
        )
        parser.add_argument(
            "--dir", default=str(settings.DEMO_DIR), help="the folder for the demo's data and logs (default .demo)"
        )

    def handle(self, *args: Any, port: int, dir: str, **options: Any) -> None:  # noqa: A002  (the option's name)
        """Run until the demo is stopped or one of its processes exits."""
        home = Path(dir).resolve()
        url = f"http://{launcher.NAME}:{port}"
        for number in SIGNALS:
            signal.signal(number, _stop)
        try:
            with self._only_one(home, url):
                if why := port_and_folder_checks.unusable(port):
                    self._refuse(why)
                _make_keys(home / "keys")
                self._serve(home, port)
        except Stopped:
            self.stdout.write("The demo has ended.")
        except ChildFailed as failure:
            self._refuse(str(failure))
        except starting_redis.NoBroker:
            self._refuse(
                "The demo needs Redis or Valkey, and no package of it fits this machine. Install one of them, "
                "or set REDIS_URL=redis://HOST:6379/0"
            )

    def _serve(self, home: Path, port: int) -> None:
        theirs = settings.REDIS_URL if variables.is_set(conf.broker) else ""
        if old := database_file.make_room(home):
            self._say(f"this version needs a new database; the old one is now {old}")
        try:
            operator = {"FLOWER_BASIC_AUTH": f"opal:{users_and_password.PASSWORD}"}
            starting = launcher.up(home, port=port, broker_url=theirs, say=self._say, more=operator, has_history=True)
            with starting as running:
                _note_addresses(running)
                queues = self._show_queues(running, port_and_folder_checks.free_port(port + 1))
                samples = port_and_folder_checks.free_port(max(port + 2, queues + 1))
                self._say("starting the sample applications")
                expenses = port_and_folder_checks.free_port(samples + 1)
                launcher.start_samples(running, samples, expenses)
                self._welcome(running, queues, samples, expenses)
                launcher.watch(running, self._say)
        finally:
            for number in SIGNALS:
                signal.signal(number, signal.SIG_IGN)

    def _show_queues(self, running: launcher.Stack, port: int) -> int:
        """Start Flower and return its port, or 0 if it fails: the demo works without a view of the queues."""
        flower = running.crew.start("flower", child_processes.flower(port), is_optional=True)
        deadline = time.monotonic() + launcher.START_TIMEOUT
        while not child_processes.listens(port):
            running.crew.check()
            if running.crew.exited() or time.monotonic() > deadline:
                if flower in running.crew.children:
                    running.crew.stop("flower")
                self._say(f"continuing without Flower, which did not start. Its log is {flower.log}")
                return 0
            time.sleep(child_processes.PAUSE)
        return port

    def _say(self, words: str) -> None:
        self.stdout.write(f"… {words}")
        self.stdout.flush()

    def _welcome(self, running: launcher.Stack, queues: int, samples: int, expenses: int) -> None:
        width = max(len(person.name) for person in users_and_password.DEMO_USERS)
        lines = [
            "",
            f"  Sign in         {running.url}/",
            f"  Virtual phone   {running.url}{provider_pages.phone_url()}",
            f"  Staff pages     {running.url}/admin/",
            f"  Applications    http://wiki.{launcher.NAME}:{samples}/ and http://payroll.{launcher.NAME}:{samples}/",
            f"                  http://{launcher.NAME}:{expenses}/ (OpenID Connect)",
            *(
                [f"  Queues          http://{launcher.NAME}:{queues}/ (Flower; username opal, the password below)"]
                * bool(queues)
            ),
            "",
            f"  Everyone's password: {users_and_password.PASSWORD}",
            "",
            *(f"  {person.name:<{width}}  {person.about}" for person in users_and_password.DEMO_USERS),
            "",
            f"  Code of an authenticator app:   {_demo_code_command(running.home)}",
            f"  Recovery codes, for one use:    {running.home / 'recovery-codes'}",
            f"  Data and logs:                  {running.home}",
            "  Ctrl-C ends everything.",
            "",
        ]
        self.stdout.write("\n".join(lines))
        self.stdout.flush()

    @contextlib.contextmanager
    def _only_one(self, home: Path, url: str) -> Iterator[None]:
        try:
            home.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = (home / port_and_folder_checks.LOCK).open("a+", encoding="utf-8")
        except OSError as error:
            self._refuse(f"Can't write to {home}: {error.strerror}. Choose another folder: make demo DEMO_DIR=...")
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                lock.seek(0)
                self._refuse(port_and_folder_checks.running(lock.read(), home))
            lock.truncate(0)
            lock.write(json.dumps({"url": url, "pid": os.getpid()}))
            lock.flush()
            yield

    def _refuse(self, words: str) -> NoReturn:
        self.stdout.flush()
        self.stderr.write(words)
        sys.exit(1)


def _note_addresses(running: launcher.Stack) -> None:
    """Write down where this demo runs, for `manage.py --demo`."""
    names = (engine.public_url.name, conf.broker.name, conf.broker_prefix.name)
    lines = [f"{name}={running.environment[name]}\n" for name in names]
    (running.home / "environment").write_text("".join(lines), encoding="utf-8")


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    for again in SIGNALS:
        signal.signal(again, signal.SIG_IGN)
    raise Stopped


def _make_keys(path: Path) -> None:
    """Create this demo's own keys, once. Only their owner can read them."""
    if path.exists():
        return
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    with contextlib.closing(os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w")) as file:
        file.write(f"SECRET_KEY={secrets.token_urlsafe(50)}\nMFA_KEYS=demo:{key}\n")


def _demo_code_command(home: Path) -> str:
    python = Path(sys.executable)
    with contextlib.suppress(ValueError):
        python = python.relative_to(Path.cwd())
    where = "" if home == settings.BASE_DIR / ".demo" else f"--demo={home} "
    return f"{python} manage.py {where}demo_code ana"

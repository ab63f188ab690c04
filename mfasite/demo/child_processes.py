"""Starts the service's processes as children, waits until they respond, and stops all of them."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, build_opener

from celery import Celery

BASE_DIR = Path(__file__).resolve().parents[2]
GRACE = 12.0  # seconds; a worker that is sending waits at most eight for its provider
PAUSE = 0.05  # seconds between two looks
# Asks the kernel to end this process when its parent is killed, then becomes the command. Source: prctl(2).
TIE = "import ctypes, os, sys; ctypes.CDLL(None).prctl(1, 15); os.execvp(sys.argv[1], sys.argv[1:])"
# Ignore the machine's proxy settings for requests to ourselves.
_opener = build_opener(ProxyHandler({}))


class ChildFailed(Exception):
    """A child exited, or did not start in time. The text names it and shows the end of its log."""


@dataclass
class Child:
    """A process that we started."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    is_optional: bool = False  # the rest works without it


@dataclass
class Crew:
    """The child processes of one stack. They share an environment, and log to files in its folder."""

    home: Path
    environment: Mapping[str, str]
    children: list[Child] = field(default_factory=list)

    def start(self, name: str, command: Sequence[str], *, is_optional: bool = False) -> Child:
        """Start a child in its own session, so that Ctrl-C reaches us first."""
        log = self.home / f"{name}.log"
        with log.open("ab") as stream, _uninterrupted():
            process = subprocess.Popen(  # noqa: S603  (our own programs, without a shell)
                list(_tied(command)),
                cwd=BASE_DIR,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            child = Child(name, process, log, is_optional)
            self.children.append(child)
        return child

    def run(self, name: str, command: Sequence[str]) -> None:
        """Run a command until it exits.

        Errors: Failed if it does not succeed.
        """
        child = self.start(name, command)
        try:
            if child.process.wait():
                raise ChildFailed(_last_words(child, f"exited with status {child.process.returncode}"))
        finally:
            self._end([child], GRACE)
            self.children.remove(child)

    def wait(self, what: str, condition: Callable[[], bool], *, seconds: float) -> None:
        """Wait until a condition is true.

        Errors: Failed if a child exits before that, or the time is over.
        """
        deadline = time.monotonic() + seconds
        while not condition():
            self.check()
            if time.monotonic() > deadline:
                raise ChildFailed(f"{what} did not answer within {seconds:.0f} seconds. The logs are in {self.home}.")
            time.sleep(PAUSE)

    def check(self) -> None:
        """Check that all children are running that the rest needs.

        Errors: Failed if one has exited.
        """
        for child in self.children:
            if not child.is_optional and child.process.poll() is not None:
                raise ChildFailed(explain_exit(child))

    def exited(self) -> list[Child]:
        """Return the optional children that have exited since the last time, and forget them."""
        found = [child for child in self.children if child.is_optional and child.process.poll() is not None]
        for child in found:
            self.children.remove(child)
        return found

    def stop(self, *names: str, grace: float = GRACE) -> None:
        """Stop the named children, or all, in reverse order of start: first with a request, then by force."""
        ending = [child for child in reversed(self.children) if not names or child.name in names]
        try:
            # The broker last: the others would log errors without it.
            first = [child for child in ending if child.name != "broker"]
            self._end(first, grace)
            self._end([child for child in ending if child.name == "broker"], grace)
        finally:
            for child in ending:
                self.children.remove(child)

    @staticmethod
    def _end(children: Sequence[Child], grace: float) -> None:
        for child in children:
            _signal(child, signal.SIGTERM)
        deadline = time.monotonic() + grace
        try:
            for child in children:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.process.wait(max(0.0, deadline - time.monotonic()))
        finally:
            for child in children:
                # The whole process group: a server that is gone may have left workers.
                _signal_group(child, signal.SIGKILL)
                child.process.wait()


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Make Ctrl-C and SIGTERM wait, so that no child is started that nobody knows of and stops."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals interrupt the main thread only
        return
    waiting: list[int] = []
    former = {
        each: signal.signal(each, lambda number, _frame: waiting.append(number))
        for each in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for each, handler in former.items():
            signal.signal(each, handler)
        for number in waiting:
            signal.raise_signal(number)


def _tied(command: Sequence[str]) -> Sequence[str]:
    # Only Linux can do this. Elsewhere, anyone who kills us must stop our children by hand.
    return (sys.executable, "-S", "-c", TIE, *command) if sys.platform == "linux" else command


def _signal(child: Child, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        child.process.send_signal(number)


def _signal_group(child: Child, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.process.pid, number)


def explain_exit(child: Child) -> str:
    """Return a sentence about a child that exited unasked, and the end of its log."""
    return _last_words(child, f"exited unexpectedly with status {child.process.returncode}")


def _last_words(child: Child, what: str) -> str:
    lines = child.log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:]
    return "\n".join([f"{child.name} {what}. The end of {child.log}:", *(f"    {line}" for line in lines)])


def python(*arguments: str) -> tuple[str, ...]:
    """Return a command line of this Python interpreter."""
    return (sys.executable, *arguments)


def manage(*arguments: str) -> tuple[str, ...]:
    """Return the command line of a management command."""
    return python(str(BASE_DIR / "manage.py"), *arguments)


def web() -> tuple[str, ...]:
    """Return the command line of the web server; address, workers and threads come from the environment."""
    return python("-m", "gunicorn", "-c", "python:mfasite.gunicorn_conf", "mfasite.wsgi")


def worker(name: str = "worker", *, threads: int = 16, queues: str = "") -> tuple[str, ...]:
    """Return the command line of one Celery worker, for all queues unless some are named."""
    only = ("--queues", queues) if queues else ()
    return manage("worker", "--name", name, "--threads", str(threads), *only)


def beat(home: Path) -> tuple[str, ...]:
    """Return the command line of Celery beat, which keeps its state in a file."""
    return manage("beat", "--schedule", str(home / "schedule"))


def flower(port: int) -> tuple[str, ...]:
    """Return the command line of Flower on loopback. FLOWER_BASIC_AUTH in the environment says who may see it."""
    return manage("flower", "--port", str(port))


def expenses(port: int, service: str) -> tuple[str, ...]:
    """Return the command line of the sample application with OpenID Connect."""
    return python("-m", "mfasite.demo.sample_applications.expenses", str(port), service)


def wiki(port: int, service: str, secret_file: Path) -> tuple[str, ...]:
    """Return the command line of the sample applications and their proxy."""
    return python("-m", "mfasite.demo.sample_applications.wiki_and_payroll", str(port), service, str(secret_file))


def listens(port: int) -> bool:
    """Return whether something accepts connections on a port of this machine."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def answers(url: str, *, seconds: float = 2.0) -> bool:
    """Return whether a URL of ours responds with success."""
    try:
        with _opener.open(url, timeout=seconds) as answer:
            return bool(answer.status < 300)
    except (HTTPError, URLError, OSError):
        return False


def lacks_nothing(url: str) -> bool:
    """Return whether the service is ready, including broker and providers."""
    with contextlib.suppress(URLError, OSError, ValueError), _opener.open(f"{url}/readyz", timeout=2) as answer:
        told = json.load(answer)
        return bool(told["ready"] and not told["degraded"])
    return False


def workers_answer(broker_url: str, *, prefix: str = "", seconds: float = 1.0) -> bool:
    """Return whether a worker at this broker answers a ping."""
    options = {"socket_timeout": seconds, "socket_connect_timeout": seconds, "global_keyprefix": prefix}
    with Celery(broker=broker_url, broker_transport_options=options, set_as_current=False) as app:
        try:
            return bool(app.control.ping(timeout=seconds, limit=1))
        except Exception:  # noqa: BLE001  (each transport has errors of its own, and all mean "not yet")
            return False


@contextlib.contextmanager
def crew(home: Path, environment: Mapping[str, str]) -> Iterator[Crew]:
    """Yield a crew, and stop all its children whatever happens."""
    hands = Crew(home, environment)
    try:
        yield hands
    finally:
        hands.stop()

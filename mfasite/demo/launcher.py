"""Starts the whole service as child processes: broker, web, worker, beat and the virtual phone network."""

import contextlib
import hashlib
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mfasite import conf
from mfasite.demo import child_processes, database_file, port_and_folder_checks, starting_redis
from mfasite.demo.child_processes import Crew
from mfasite.environment import variables
from verification import conf as engine

# A demo uses only what it creates itself. Settings of a real installation must not leak into it.
REAL = (
    conf.secret_key,
    conf.database,
    conf.database_password,
    conf.broker,
    conf.broker_password,
    conf.allowed_hosts,
    conf.trusted_proxies,
    engine.keys,
    engine.public_url,
    engine.providers,
)
START_TIMEOUT = 60.0  # seconds, for the first start on a slow machine
HOST = port_and_folder_checks.HOST
NAME = "localhost"  # the host people use: passkeys need a host name and refuse an IP address


@dataclass(frozen=True)
class Stack:
    """A running service."""

    url: str
    home: Path
    crew: Crew
    environment: Mapping[str, str]
    broker_url: str


# Blocks of 1 MiB and more (a password check takes 19) return to the system at once, up to 4 MiB stay free at the end of
# the heap, and all threads share two arenas. Source: mallopt(3).
MALLOC = {
    "MALLOC_ARENA_MAX": "2",
    "MALLOC_MMAP_THRESHOLD_": "1048576",
    "MALLOC_TRIM_THRESHOLD_": "4194304",
}


def environment(home: Path, *, port: int, broker_url: str, more: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of all processes of a stack. `more` overrides the rest."""
    return (
        variables.inherited(without=REAL)
        | MALLOC
        | {
            "DJANGO_SETTINGS_MODULE": "mfasite.settings",
            "DEMO": "1",
            "DEMO_DIR": str(home),
            "DATABASE_URL": f"sqlite:///{database_file.file(home)}",
            "PUBLIC_URL": f"http://{NAME}:{port}",
            "BIND": f"{HOST}:{port}",
            "REDIS_URL": broker_url,
            # Others may use the same broker: our queues must not mix with theirs, nor with another stack's.
            "BROKER_PREFIX": f"mfa-{hashlib.sha256(str(home).encode()).hexdigest()[:8]}:",
            "PYTHONUNBUFFERED": "1",
        }
        | dict(more)
    )


@contextlib.contextmanager
def up(
    home: Path,
    *,
    port: int,
    broker_url: str = "",
    say: Callable[[str], object] = lambda _: None,
    more: Mapping[str, str] | None = None,
    has_history: bool = False,
    is_prepared: bool = False,
) -> Iterator[Stack]:
    """Start everything in a folder, and stop it again whatever happens.

    `has_history` fills a new database. With `is_prepared`, the folder has a database of this version with its people.

    Errors: child_processes.ChildFailed if a process does not start; starting_redis.NoBroker if there is no server.
    """
    for log in home.glob("*.log"):
        log.unlink()
    folder = None if broker_url else starting_redis.room(home)
    url = broker_url or starting_redis.address(folder or home)
    shared = environment(home, port=port, broker_url=url, more=more or {})
    try:
        with child_processes.crew(home, shared) as crew:
            if folder:
                crew.start("broker", starting_redis.command(folder))
            if not is_prepared:
                say("preparing the database")
                filled = ("--history",) * has_history
                crew.run("prepare", child_processes.manage("make_demo_users", "--migrate", *filled))
            say("starting the web server, the worker, the scheduler and the virtual phone")
            crew.start("web", child_processes.web())
            crew.start("worker", child_processes.worker())
            crew.start("beat", child_processes.beat(home))
            crew.start("carrier", child_processes.manage("carrier"))
            stack = Stack(f"http://{NAME}:{port}", home, crew, shared, url)
            _wait(stack)
            yield stack
    finally:
        if folder:
            shutil.rmtree(folder, ignore_errors=True)


def _wait(stack: Stack) -> None:
    stack.crew.wait("The web server", lambda: child_processes.answers(f"{stack.url}/healthz"), seconds=START_TIMEOUT)
    stack.crew.wait("A part of the service", lambda: child_processes.lacks_nothing(stack.url), seconds=START_TIMEOUT)
    prefix = stack.environment["BROKER_PREFIX"]
    stack.crew.wait(
        "The worker", lambda: child_processes.workers_answer(stack.broker_url, prefix=prefix), seconds=START_TIMEOUT
    )


SECRET_FILE = "proxy-secret"  # noqa: S105  (the name of a file that `make_demo_applications` writes)


def start_samples(stack: Stack, port: int, oidc_port: int) -> None:
    """Start the sample applications, two of them with a proxy in front, and wait for them.

    Errors: child_processes.ChildFailed if one of them fails.
    """
    stack.crew.run("applications", _make_samples(port, oidc_port))
    command = child_processes.wiki(port, stack.url, stack.home / SECRET_FILE)
    stack.crew.start("wiki", command, is_optional=True)
    stack.crew.start("expenses", child_processes.expenses(oidc_port, stack.url), is_optional=True)
    for each in (port, oidc_port):
        stack.crew.wait("The sample applications", partial(child_processes.listens, each), seconds=START_TIMEOUT)


def _make_samples(port: int, oidc_port: int) -> tuple[str, ...]:
    return child_processes.manage("make_demo_applications", "--port", str(port), "--oidc-port", str(oidc_port))


def watch(stack: Stack, say: Callable[[str], object]) -> None:
    """Check the children until one exits that the others need.

    Errors: child_processes.ChildFailed, naming it.
    """
    while True:
        stack.crew.check()
        for child in stack.crew.exited():
            say(f"continuing without {child.name}, which has exited. Its log is {child.log}")
        time.sleep(0.3)

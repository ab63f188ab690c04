"""Brings up what is measured: the service as in production, the floor beside it, and a driver for each.

PostgreSQL and Redis are servers of the bench's own, so that everything they do can be counted. Debian has them as
`postgresql` and `redis-server`.
"""

import base64
import contextlib
import os
import secrets
import signal
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import psycopg

from mfasite.demo import child_processes, launcher
from mfasite.demo.child_processes import Crew
from tests.bench import meter
from tests.bench.meter import Meter, Usage
from tests.bench.processes import DriverProcess, carrier, driver
from tests.faults import servers
from tests.real_programs.ports import free_port

HOST = "mfa.example.org"  # what people type; a proxy in front ends their https
_COUNTING = (
    "-c shared_preload_libraries=pg_stat_statements -c pg_stat_statements.track=all -c pg_stat_statements.max=10000"
    " -c shared_buffers=512MB -c max_connections=100"
)
_DEPLOYED = child_processes.BASE_DIR / "deploy" / "postgresql-two-step.conf"
_INHERITED = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH")


@dataclass
class MeasuredSite:
    """One site under measurement.

    `background` are the names of the children that run without being asked: workers and the clock.
    """

    name: str
    address: str
    hand: DriverProcess
    crew: Crew
    meter: Meter
    environment: Mapping[str, str]
    background: tuple[str, ...] = ()
    home: Path = field(default_factory=Path)

    def measured(self, action: str, /, **more: object) -> tuple[object, Usage]:
        """Have the driver do one thing; gives its answer and all that the site used for it."""
        before = self.meter.read()
        answer = self.hand.order(action, **more)
        return answer, self.meter.read() - before

    def pids(self, name: str) -> tuple[int, ...]:
        """Give the first process of each child whose name begins so."""
        return _pids(self.crew, name)

    def pause(self) -> None:
        """Stop the background, so that it costs nothing while another site is measured."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let the background run again."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        for name in self.background:
            for pid in self.pids(name):
                for each in meter.family(pid):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(each, number)


def _pids(crew: Crew, name: str) -> tuple[int, ...]:
    return tuple(child.process.pid for child in crew.children if child.name.startswith(name))


@dataclass(frozen=True)
class MeasuredSites:
    """Everything that is up."""

    ours: MeasuredSite
    floor: MeasuredSite

    @contextlib.contextmanager
    def turn(self, site: MeasuredSite) -> Iterator[MeasuredSite]:
        """Give a site the machine for itself."""
        (self.ours.resume if site is self.ours else self.ours.pause)()
        try:
            yield site
        finally:
            self.ours.resume()

    def web(self, processes: int) -> None:
        """Put a web server of so many processes in place of the one there is."""
        crew, site = self.ours.crew, self.ours
        crew.stop("web")
        crew.environment = {**crew.environment, "WEB_WORKERS": str(processes)}
        crew.start("web", _gunicorn("mfasite.wsgi"))
        crew.wait(
            "The web server", lambda: child_processes.answers(f"{site.address}/healthz"), seconds=launcher.START_TIMEOUT
        )

    def workers(self, threads: int) -> None:
        """Put two workers for messages of so many threads, and one for housekeeping, in place of those there are."""
        crew, site = self.ours.crew, self.ours
        if names := [child.name for child in crew.children if child.name.startswith("worker")]:
            crew.stop(*names)
        if not threads:
            return
        for name in ("worker-1", "worker-2"):
            crew.start(name, child_processes.worker(name, threads=threads, queues="texts,calls"))
        crew.start("worker-house", child_processes.worker("worker-house", threads=4, queues="housekeeping"))
        crew.wait(
            "A worker",
            lambda: child_processes.workers_answer(
                site.environment["REDIS_URL"], prefix=site.environment["BROKER_PREFIX"]
            ),
            seconds=launcher.START_TIMEOUT,
        )


@contextlib.contextmanager
def up(*, people: int, say: Callable[[str], None]) -> Iterator[MeasuredSites]:
    """Bring everything up, with so many people in the service's database, and all of it down again."""
    with tempfile.TemporaryDirectory(prefix="mfa-bench-") as folder, contextlib.ExitStack() as stack:
        home = Path(folder)
        say("PostgreSQL and Redis")
        database = stack.enter_context(servers.postgres(options=f"{_COUNTING} {_deployed()}"))
        room = home / "redis"
        room.mkdir()
        redis, redis_url = stack.enter_context(servers.redis(room))
        with psycopg.connect(database.url, autocommit=True) as admin:
            admin.execute("CREATE EXTENSION pg_stat_statements")
            for name in ("ours", "floor"):
                admin.execute(f"CREATE DATABASE {name}")
        shared: dict[str, Callable[[], Iterable[int]]] = {
            "PostgreSQL": lambda: [database.pid],
            "Redis": lambda: [child.process.pid for child in redis.children],
        }
        texts = stack.enter_context(carrier(secure=home))
        base = {
            "SECRET_KEY": secrets.token_urlsafe(50),
            "MFA_KEYS": f"bench:{base64.b64encode(secrets.token_bytes(32)).decode()}",
            "REDIS_URL": redis_url,
            "PUBLIC_URL": f"https://{HOST}",
            "TRUSTED_PROXIES": launcher.HOST,
            "STATIC_ROOT": str(home / "static"),
            **texts,
            "DELIVERY_PROVIDERS": "gateway",
            "FORWARD_AUTH_PER_SECOND": "100000",
            "SCIM_REQUESTS_PER_MINUTE": "1000000",
        }
        site = _starter(stack, home, database.url, shared)
        ours = site("ours", base | {"DJANGO_SETTINGS_MODULE": "mfasite.settings"}, _prepare_ours(people, say), say)
        floor_settings = {"DJANGO_SETTINGS_MODULE": "tests.bench.floor.settings"}
        floor = site("floor", base | floor_settings, _prepare_floor, say)
        sites = MeasuredSites(ours=ours, floor=floor)
        say("workers and the clock")
        ours.crew.start("beat", child_processes.beat(ours.home))
        ours.background = ("worker-1", "worker-2", "worker-house", "beat")
        sites.workers(threads=32)
        yield sites


def _deployed() -> str:
    """Give the settings that a deployment has, as options. Both sites use the same server."""
    lines = [line for line in _DEPLOYED.read_text().splitlines() if line and not line.startswith("#")]
    return " ".join(f"-c {line.replace(' ', '')}" for line in lines)


def _starter(
    stack: contextlib.ExitStack, home: Path, server: str, shared: Mapping[str, Callable[[], Iterable[int]]]
) -> Callable[..., MeasuredSite]:
    def start(
        name: str, more: dict[str, str], prepare: Callable[[Crew], None], say: Callable[[str], None]
    ) -> MeasuredSite:
        say(f"{name}: the database")
        mine = home / name
        mine.mkdir()
        port = free_port()
        address = f"http://{launcher.HOST}:{port}"
        environment = {key: os.environ[key] for key in _INHERITED if key in os.environ} | launcher.MALLOC | more
        environment |= {
            "DATABASE_URL": server.rpartition("/")[0] + f"/{name}",
            "BIND": f"{launcher.HOST}:{port}",
            "BROKER_PREFIX": f"bench-{name}:",
            "PYTHONUNBUFFERED": "1",
        }
        crew = stack.enter_context(child_processes.crew(mine, environment))
        prepare(crew)
        application = "mfasite.wsgi" if name == "ours" else "tests.bench.floor.wsgi"
        crew.start("web", _gunicorn(application))
        crew.wait(name, lambda: child_processes.listens(port), seconds=launcher.START_TIMEOUT)
        hand = stack.enter_context(driver(name, address, mine, environment))
        own = ("web", *(("worker", "beat") if name == "ours" else ()))
        found = Meter(server, name, {part: partial(_pids, crew, part) for part in own} | dict(shared))
        stack.callback(found.close)
        return MeasuredSite(name, address, hand, crew, found, environment, home=mine)

    return start


def _gunicorn(application: str) -> Sequence[str]:
    return (sys.executable, "-m", "gunicorn", "-c", "python:mfasite.gunicorn_conf", application)


def _prepare_ours(people: int, say: Callable[[str], None]) -> Callable[[Crew], None]:
    def prepare(crew: Crew) -> None:
        crew.run("migrate", child_processes.manage("migrate", "--verbosity", "0"))
        crew.run("static", child_processes.manage("collectstatic", "--no-input", "--verbosity", "0"))
        say(f"ours: {people:,} people")
        crew.run("people", child_processes.manage("make_fictitious_people", "--count", str(people)))
        with psycopg.connect(crew.environment["DATABASE_URL"], autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")

    return prepare


def _prepare_floor(crew: Crew) -> None:
    for tables in ((), ("--run-syncdb",)):  # those with migrations first: PostgreSQL looks for what a key names
        crew.run("migrate", child_processes.python("-m", "django", "migrate", *tables, "--verbosity", "0"))

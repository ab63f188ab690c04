"""Tests of connections to PostgreSQL and Redis through poolers, TLS and sentinels, and with incorrect settings."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
from django.db.utils import ConnectionHandler

from mfasite.demo import child_processes
from mfasite.demo import starting_redis as brokers
from mfasite.demo.child_processes import BASE_DIR, Crew
from mfasite.postgresql import pool
from mfasite.postgresql.base import DatabaseWrapper
from tests.faults import servers
from tests.real_programs.ports import free_port

pytestmark = [pytest.mark.services, pytest.mark.slow]

REAL = {
    "SECRET_KEY": "T4w-ds7Gk2_pQx9Lm-Vz3Rb8Nc6Yf1Hj5Ke0Ua-Wi_So7Dt2Ep",
    "MFA_KEYS": "k1:q0o9mJ7m1m2n3b4v5c6x7z8a9s0d1f2g3h4j5k6l7Q8=",
    "PUBLIC_URL": "https://mfa.example.org",
    "DELIVERY_PROVIDERS": "tests.refusing_provider,smtp",
    "REDIS_URL": "redis://127.0.0.1:1/0",
}


def manage(*arguments: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command as an operator would, in an environment of its own."""
    clean = {"PATH": os.environ["PATH"]} | REAL | environment
    return subprocess.run(
        [sys.executable, str(BASE_DIR / "manage.py"), *arguments],
        env=clean,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


# PostgreSQL -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def database() -> Iterator[servers.Postgres]:
    with servers.postgres() as server:
        yield server


def test_a_wrong_setting_of_the_database_says_what_is_wrong(database: servers.Postgres) -> None:
    """Said by every command, not only that no connection came within three seconds."""
    answer = manage("migrate", "--check", DATABASE_URL=f"{database.url.rpartition('/')[0]}/nowhere")

    assert answer.returncode != 0
    assert '"nowhere"' in answer.stderr


def test_the_check_before_a_start_names_the_reason(database: servers.Postgres) -> None:
    closed = f"postgres://someone:secret-word@127.0.0.1:{free_port()}/mfa"

    answer = manage("check", "--database", "default", "--tag", "database", DATABASE_URL=closed)

    assert "mfasite.E008" in answer.stderr
    assert "Connection refused" in answer.stderr
    assert "secret-word" not in answer.stdout + answer.stderr
    good = manage("check", "--database", "default", "--tag", "database", DATABASE_URL=database.url)
    assert good.returncode == 0, good.stderr


def test_a_command_without_the_database_names_the_reason() -> None:
    """Seen failing: the reason was the last line of a long traceback."""
    closed = f"postgres://someone:secret-word@127.0.0.1:{free_port()}/mfa"

    answer = manage("verify_audit", DATABASE_URL=closed)

    assert answer.returncode != 0
    assert "Connection refused" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert "secret-word" not in answer.stdout + answer.stderr


def test_a_worker_says_at_its_start_why_it_has_no_database(tmp_path: Path) -> None:
    closed = f"postgres://someone:secret-word@127.0.0.1:{free_port()}/mfa"
    environment = {"PATH": os.environ["PATH"], "DATABASE_URL": closed} | REAL
    with child_processes.crew(tmp_path, environment) as crew:
        crew.start("worker", child_processes.worker())
        crew.wait("The reason", lambda: "Can't connect to the database" in log(tmp_path, "worker"), seconds=30)

    assert "Connection refused" in log(tmp_path, "worker")
    assert "secret-word" not in log(tmp_path, "worker")


def log(home: Path, name: str) -> str:
    path = home / f"{name}.log"
    return path.read_text() if path.exists() else ""


_POOLER = """\
[databases]
postgres = host=127.0.0.1 port={database} dbname=postgres user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 2
"""


@contextmanager
def pooler(database: servers.Postgres, home: Path) -> Iterator[str]:
    """Run a PgBouncer with transaction pooling, and yield its address."""
    port = free_port()
    home.chmod(0o777)
    conf = home / "pgbouncer.ini"
    conf.write_text(_POOLER.format(database=database.port, port=port, home=home))
    conf.chmod(0o644)
    user = ("runuser", "-u", "postgres", "--") if os.geteuid() == 0 else ()
    with child_processes.crew(home, os.environ) as crew:
        crew.start("pgbouncer", (*user, "/usr/sbin/pgbouncer", str(conf)))
        crew.wait("PgBouncer", lambda: child_processes.listens(port), seconds=15)
        yield f"postgres://postgres@127.0.0.1:{port}/postgres"


@contextmanager
def others(url: str) -> Iterator[None]:
    """Let other clients take connections from the pooler in between, so that nobody gets the same one twice."""
    over = threading.Event()

    def ask() -> None:
        with psycopg.connect(url, autocommit=True, prepare_threshold=None) as line:
            while not over.wait(0.001):
                line.execute("SELECT pg_sleep(0.002)")

    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(ask) for _ in range(4)]
        try:
            yield
        finally:
            over.set()
    for each in asked:
        each.result()


_WALKS = """
from accounts.models import User
from django.db import connection, transaction
from verification import audit
from accounts import sign_in_and_password_audit_events as audit_events
from verification.context import Context
from django.utils import timezone
for n in range(300):
    audit.record(audit_events.SIGN_IN_COMPLETED, user_id=None, context=Context(now=timezone.now()))
rows = list(__import__("verification.models", fromlist=["AuditEvent"]).AuditEvent.objects.iterator(chunk_size=50))
print("rows", len(rows))
"""


def test_long_walks_work_behind_a_pooler(database: servers.Postgres) -> None:
    """Seen failing with cursors of the server: they live in one connection, and the next statement meets another."""
    # A folder that the pooler's own user may enter.
    with TemporaryDirectory(prefix="mfa-pooler-") as home, pooler(database, Path(home)) as url:
        behind = {"DATABASE_URL": url, "DATABASE_PREPARED": "0"}
        assert manage("migrate", "--no-input", **behind).returncode == 0

        with others(url):
            walked = manage("shell", "-c", _WALKS, **behind)
            verified = manage("verify_audit", **behind)
            renewed = manage("reencrypt", **behind)

    assert "rows 300" in walked.stdout, walked.stderr
    assert verified.returncode == 0, verified.stderr
    assert renewed.returncode == 0, renewed.stderr


_READS = """
import threading
from concurrent.futures import ThreadPoolExecutor
from django.db import connection
from verification.db.ttl_cache import TTLCache
from verification.models import Route

all_taken, loads = threading.Barrier(3), threading.Event()

def load():
    loads.set()
    return Route.objects.count()

cache = TTLCache(load)

def holds():
    connection.ensure_connection()
    all_taken.wait()
    loads.wait()
    return read()

def read():
    try:
        return cache.read()
    finally:
        connection.close()

def waits():
    all_taken.wait()
    return read()

with ThreadPoolExecutor(3) as pool:
    print("read", [each.result() for each in [pool.submit(work) for work in (holds, holds, waits)]])
"""


def test_threads_with_all_connections_dont_wait_for_one_without(database: servers.Postgres) -> None:
    """Seen failing while each thread waited for the one that loads: that one got no connection within three seconds.

    A worker stood still, and its messages were claimed and never sent.
    """
    assert manage("migrate", "--no-input", DATABASE_URL=database.url).returncode == 0

    answer = manage("shell", "-c", _READS, DATABASE_URL=database.url, DATABASE_CONNECTIONS="2")

    assert "read [0, 0, 0]" in answer.stdout, answer.stderr


# Redis ------------------------------------------------------------------------------------------------------------

_PUBLISH = """
from mfasite.celery import app
from verification.delivery import broker

def web():
    broker.depths(["texts"])

def worker():
    with app.connection_for_write() as line:
        line.ensure_connection(max_retries=1, timeout=5)
        line.default_channel.client.ping()

for process in (web, worker):
    try:
        process()
        print("reached by", process.__name__)
    except Exception as error:
        print(process.__name__, error)
"""


@contextmanager
def secure_redis(home: Path, *, name: str) -> Iterator[tuple[int, Path]]:
    """Run a Redis with TLS and a certificate for a host name. Yield its port and the certificate."""
    port = free_port()
    certificate, key = servers.certificate(home, name)
    files = ("--tls-cert-file", str(certificate), "--tls-key-file", str(key), "--tls-ca-cert-file", str(certificate))
    options = ("--port", "0", "--tls-port", str(port), *files, "--tls-auth-clients", "no", "--save", "")
    with child_processes.crew(home, os.environ) as crew:
        crew.start("broker", (brokers.program(), *options, "--dir", str(home), "--requirepass", "pa/ss"))
        crew.wait("Redis", lambda: child_processes.listens(port), seconds=15)
        yield port, certificate


def reached(**environment: str) -> tuple[bool, str]:
    answer = manage("shell", "-c", _PUBLISH, DATABASE_URL="postgres://nobody@127.0.0.1:1/nowhere", **environment)
    n = answer.stdout.count("reached by")
    assert n in {0, 2}, "a web process and a worker read the same settings differently:\n" + answer.stdout
    return n == 2, answer.stdout + answer.stderr


def test_a_broker_with_tls_is_believed_for_its_name_by_an_authority_that_we_know(tmp_path: Path) -> None:
    with secure_redis(tmp_path, name="localhost") as (port, certificate):
        address = {"REDIS_URL": f"rediss://localhost:{port}/0", "REDIS_PASSWORD": "pa/ss"}

        assert reached(**address, REDIS_CA_FILE=str(certificate))[0]
        is_reached, told = reached(**address)
        assert not is_reached
        assert "CERTIFICATE_VERIFY_FAILED" in told
        assert not reached(**address | {"REDIS_URL": f"rediss://127.0.0.1:{port}/0"}, REDIS_CA_FILE=str(certificate))[0]


@contextmanager
def sentinel(home: Path, password: str = "") -> Iterator[tuple[Crew, int]]:
    """Run a Redis and a sentinel that monitors it. Yield the crew and the sentinel's port."""
    redis_port, port = free_port(), free_port()
    conf = home / "sentinel.conf"
    asked = f"requirepass {password}\n" if password else ""
    conf.write_text(f"port {port}\ndir {home}\n{asked}sentinel monitor broker 127.0.0.1 {redis_port} 1\n")
    program = brokers.program()
    with child_processes.crew(home, os.environ) as crew:
        crew.start("redis", (program, "--port", str(redis_port), "--save", "", "--dir", str(home)))
        crew.wait("Redis", lambda: child_processes.listens(redis_port), seconds=15)
        crew.start("sentinel", (program, str(conf), "--sentinel"))
        crew.wait("The sentinel", lambda: child_processes.listens(port), seconds=15)
        yield crew, port


def test_finds_the_broker_by_its_sentinels(tmp_path: Path) -> None:
    with sentinel(tmp_path) as (_, port):
        dead = free_port()
        address = f"sentinel://127.0.0.1:{dead}/0;sentinel://127.0.0.1:{port}/0"

        is_reached, told = reached(REDIS_URL=address, REDIS_SENTINEL_MASTER="broker")
        assert is_reached, told
        assert not reached(REDIS_URL=address, REDIS_SENTINEL_MASTER="another")[0]


def test_asks_the_next_sentinel_if_one_refuses_the_password(tmp_path: Path) -> None:
    """Seen failing: the first that refused ended the search."""
    folders = [tmp_path / name for name in ("strict", "ours")]
    for folder in folders:
        folder.mkdir()
    with sentinel(folders[0], "another-word") as (_, strict), sentinel(folders[1], "our-word") as (_, port):
        address = f"sentinel://127.0.0.1:{strict}/0;sentinel://127.0.0.1:{port}/0"

        is_reached, told = reached(
            REDIS_URL=address,
            REDIS_SENTINEL_MASTER="broker",
            REDIS_SENTINEL_PASSWORD="our-word",
        )

    assert is_reached, told


# Flower -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("password", ["", "opal", "opal:", ":secret-word-long", "opal:short"])
def test_flower_does_not_start_for_anyone(password: str) -> None:
    more = {"FLOWER_BASIC_AUTH": password, "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nowhere"}

    answer = manage("flower", "--port", str(free_port()), **more)

    assert answer.returncode != 0
    assert "FLOWER_BASIC_AUTH" in answer.stderr


def test_an_outage_of_the_database_blocks_no_thread_and_ends_soon() -> None:
    """Seen failing: each thread waited three seconds at a time, and the pool came back a minute after the server.

    The proxy gave up after 30 seconds, because threads also wait for each other.
    """
    with servers.postgres() as server:
        wrapper = _wrapper(server)
        assert _connects(wrapper)
        server.stop()
        _seconds_without(wrapper)  # until then the reason isn't known

        took = [_seconds_without(wrapper) for _ in range(150)]  # so the pool alone would wait ten seconds more
        server.start()
        until = time.monotonic() + 3
        while not _connects(wrapper):
            assert time.monotonic() < until, "the pool still waits"

    assert max(took) < 1
    assert wrapper.pool.timeout == pool.options(max_connections=2)["timeout"]
    wrapper.close_pool()


def _wrapper(server: servers.Postgres) -> DatabaseWrapper:
    options = {"pool": pool.options(max_connections=2)}
    address = {"HOST": server.host, "PORT": server.port, "NAME": "postgres", "USER": "postgres", "OPTIONS": options}
    handler = ConnectionHandler({"default": {"ENGINE": "mfasite.postgresql", **address}})
    wrapper = handler["default"]
    assert isinstance(wrapper, DatabaseWrapper)
    return wrapper


def _connects(wrapper: DatabaseWrapper) -> bool:
    try:
        connection = wrapper.get_new_connection(wrapper.get_connection_params())
    except psycopg.OperationalError:
        return False
    wrapper.pool.putconn(connection)
    return True


def _seconds_without(wrapper: DatabaseWrapper) -> float:
    start = time.monotonic()
    assert not _connects(wrapper)
    return time.monotonic() - start

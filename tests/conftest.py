"""What tests of all kinds share: a real broker, a record that can be emptied between tests, the running service."""

import gc
import os
import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from _pytest import runner
from django.test import TransactionTestCase
from django.utils import timezone
from kombu import pools
from psycopg import sql
from pytest_django import DjangoDbBlocker

from mfasite.celery import app as celery_app
from mfasite.demo import broker as brokers
from mfasite.demo import child_processes
from mfasite.demo import launcher as stacks
from mfasite.demo.launcher import Stack
from tests import databases
from tests.scheduling import GroupScheduling
from tests.settings import KEYS
from verification import policies
from verification.delivery.routing import outages
from verification.keys import crypto
from verification.limits import toll_fraud

THEIR_DATABASE = os.environ.get("TEST_DATABASE_URL", "")
THEIR_BROKER = os.environ.get("TEST_REDIS_URL", "")


METRICS_TOKEN = "a-token-of-the-tests"
METRICS = {"METRICS_TOKEN": METRICS_TOKEN}

LAST_OF_STACK = pytest.StashKey[pytest.Item | None]()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out on SQLite what only PostgreSQL has. Begin with what takes long, so no worker ends alone with it."""
    if not THEIR_DATABASE:
        left_out = [item for item in items if item.get_closest_marker("postgresql")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("postgresql")]
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> GroupScheduling | None:
    return GroupScheduling(config, log) if config.getvalue("dist") == "loadgroup" else None


def pytest_collection_finish(session: pytest.Session) -> None:
    """Let the garbage collector skip what lives as long as the run: modules, URLs, thousands of collected tests."""
    session.stash[LAST_OF_STACK] = next((item for item in reversed(session.items) if _takes_stack(item)), None)
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    return _with_room(runner.pytest_runtest_protocol, item, nextitem)


def _with_room(call: Callable[..., bool], *given: object) -> bool:
    """Call with half a MiB for the frames of what it calls, and of what that calls.

    Python keeps frames in pieces of 16 KiB. A loop whose calls cross the end of a piece maps and unmaps the next one
    at each call: 50,000 times in a small file of tests. A frame that asks for more gets a larger piece.
    """
    return call(*given)


_with_room.__code__ = _with_room.__code__.replace(co_stacksize=2**16 + 1)  # of 8 bytes; rounded up to a MiB


def _takes_stack(item: pytest.Item) -> bool:
    return isinstance(item, pytest.Function) and "stack" in item.fixturenames


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """End the running service after the last test that takes it: its processes cost CPU while they wait."""
    yield
    if isinstance(item, pytest.Function) and item is item.session.stash[LAST_OF_STACK]:
        for definition in item._fixtureinfo.name2fixturedefs["stack"]:
            definition.finish(item._request)  # type: ignore[arg-type]  # it only asks for its node


@pytest.fixture(scope="session")
def django_db_setup(
    pytestconfig: pytest.Config, django_test_environment: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """Take the place of pytest-django's: copy a migrated database instead of migrating one in each process."""
    with django_db_blocker.unblock():
        former = databases.take(pytestconfig.cache.mkdir("databases"))
    yield
    with django_db_blocker.unblock():
        databases.drop(former)


@pytest.fixture(autouse=True, scope="session")
def _tables_are_emptied_cheaply() -> Iterator[None]:
    """Take the place of Django's flush after a test with real transactions, which the audit record refuses."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _case: databases.empty())
        yield


@pytest.fixture(autouse=True)
def _digest_keys_are_read() -> Iterator[None]:
    """Let the keys of digests have been read; a test without a database has one of its own."""
    if not crypto._digest_keys:
        crypto._digest_keys["d1"] = b"d" * 32
    yield
    crypto._digest_keys.pop("d1", None)


@pytest.fixture
def restart(settings: Any) -> Iterator[Callable[..., None]]:
    """Give what starts the process again with a ring of these keys: it forgets what it has read."""
    before = dict(crypto._digest_keys)

    def again(*keys: tuple[str, bytes]) -> None:
        settings.MFA_KEYS = keys
        crypto.forget()

    yield again
    crypto.forget()
    crypto._digest_keys.update(before)


def free_port() -> int:
    """Give a port of 127.0.0.1 that nobody has, and that no outgoing connection is given meanwhile."""
    while True:
        port = 20_000 + secrets.randbelow(12_000)  # below where systems take theirs from
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@pytest.fixture(scope="session")
def broker_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of a real broker: TEST_REDIS_URL, else one started for this run."""
    if THEIR_BROKER:
        yield THEIR_BROKER
        return
    home = tmp_path_factory.mktemp("broker")
    folder = brokers.room(home)
    with child_processes.crew(home, os.environ) as crew:
        crew.start("broker", brokers.command(folder))
        crew.wait("The broker", lambda: _listens(folder / brokers.SOCKET), seconds=10)
        yield brokers.address(folder)


@pytest.fixture
def broker(broker_url: str) -> Iterator[str]:
    """Point Celery at a real broker, under a prefix of this test alone; gives the prefix."""
    prefix = f"test-{secrets.token_hex(4)}:"
    with _pointed(broker_url, prefix):
        yield prefix


@contextmanager
def _pointed(url: str, prefix: str) -> Iterator[None]:
    conf = celery_app.conf
    former = {"broker_url": conf.broker_url, "broker_transport_options": conf.broker_transport_options}
    ours = conf.broker_transport_options | {"global_keyprefix": prefix}
    conf.update(broker_url=url, broker_transport_options=ours)
    _forget_connections()
    try:
        yield
    finally:
        _forget_connections()
        conf.update(former)


def _forget_connections() -> None:
    pools.reset()
    celery_app._after_fork()  # type: ignore[attr-defined]  # what a new process does: it drops the pools


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Give the whole service as real processes with the demo users, on a database and queues of its own."""
    home = tmp_path_factory.mktemp("stack")
    with (
        their_database() as theirs,
        stacks.up(
            home, port=free_port(), broker_url=THEIR_BROKER, more=KEYS | theirs | {"METRICS_TOKEN": METRICS_TOKEN}
        ) as up,
    ):
        yield up


@contextmanager
def their_database() -> Iterator[dict[str, str]]:
    """Make a database beside TEST_DATABASE_URL's and drop it afterwards; without that address SQLite serves."""
    if not THEIR_DATABASE:
        yield {}
        return
    name = f"mfa_stack_{secrets.token_hex(4)}"
    parts = urlsplit(THEIR_DATABASE)
    server = urlunsplit(parts._replace(path="/postgres"))
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield {"DATABASE_URL": urlunsplit(parts._replace(path=f"/{name}"))}
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def switches_known(db: None, settings: Any) -> Iterator[None]:
    """Let policies and what is switched off have been read just now, as in a process that works."""
    settings.VERIFICATION_CACHE_SECONDS = 3600
    outages.kinds(timezone.now())
    policies.is_alone_open()
    toll_fraud.caps()
    yield
    outages.forget()
    policies.forget()
    toll_fraud.forget()

"""Fixtures for all tests: a real broker, an audit log that can be emptied between tests, the running service."""

import gc
import os
import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from _pytest import runner
from django.db import connection
from django.db.backends.sqlite3.base import SQLiteCursorWrapper
from django.template import Template
from django.test import TransactionTestCase, override_settings
from django.test.client import ClientHandler
from django.urls import URLResolver, get_resolver
from django.utils import timezone
from kombu import pools
from psycopg import sql
from pytest_django import DjangoDbBlocker

from accounts.app_passwords import service_keys
from mfasite import memory_for_python_frames
from mfasite.celery import app as celery_app
from mfasite.demo import child_processes
from mfasite.demo import launcher as stacks
from mfasite.demo import starting_redis as brokers
from mfasite.demo.launcher import Stack
from tests.infrastructure import caches_kept_between_requests, concurrency, databases, rsa_keys
from tests.infrastructure.hashers import CheapHasher
from tests.infrastructure.replayed_set_ups import SET_UPS
from tests.infrastructure.scheduling import GroupScheduling
from tests.real_programs.ports import free_port
from tests.settings import KEYS
from verification import policies
from verification.delivery import broker as delivery_broker
from verification.delivery.routing import outages_in_force
from verification.keys import crypto
from verification.limits import blocked_ranges, countries_and_prices, spending_limits

THEIR_DATABASE = os.environ.get("TEST_DATABASE_URL", "")
THEIR_BROKER = os.environ.get("TEST_REDIS_URL", "")


METRICS_TOKEN = "a-token-of-the-tests"
METRICS = {"METRICS_TOKEN": METRICS_TOKEN}

BringUp = Callable[..., AbstractContextManager[Stack]]

# pytest-django puts these around each test. They do nothing without their marker, and take as long as a short test.
NEEDED_BY_MARKER = {
    "_django_db_marker": "django_db",
    "_django_isolate_apps": "django_isolate_apps",
    "_django_set_urlconf": "urls",
    "_template_string_if_invalid_marker": "ignore_template_errors",
}

LAST_OF_STACK = pytest.StashKey[pytest.Item | None]()


def pytest_itemcollected(item: pytest.Item) -> None:
    """Leave out the fixtures that would do nothing."""
    if isinstance(item, pytest.Function):
        markers = {marker.name for marker in item.iter_markers()}
        item.fixturenames = [name for name in item.fixturenames if NEEDED_BY_MARKER.get(name, "") in {"", *markers}]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect PostgreSQL tests on SQLite. Run slow tests first, so that no worker is left alone with them."""
    if not THEIR_DATABASE:
        left_out = [item for item in items if item.get_closest_marker("postgresql")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("postgresql")]
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> GroupScheduling | None:
    return GroupScheduling(config, log) if config.getvalue("dist") == "loadgroup" else None


def pytest_collection_finish(session: pytest.Session) -> None:
    """Exclude objects that live as long as the run from garbage collection: modules, URLs, thousands of tests."""
    session.stash[LAST_OF_STACK] = next((item for item in reversed(session.items) if _takes_stack(item)), None)
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


_with_room = memory_for_python_frames.caller(slots=2**16 + 1)  # half a MiB for the frames of a test


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    return _with_room(runner.pytest_runtest_protocol, item, nextitem)


def _takes_stack(item: pytest.Item) -> bool:
    return isinstance(item, pytest.Function) and "stack" in item.fixturenames


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """Stop the running service after the last test that uses it: its processes cost CPU while they wait."""
    yield
    if isinstance(item, pytest.Function) and item is item.session.stash[LAST_OF_STACK]:
        for definition in item._fixtureinfo.name2fixturedefs["stack"]:
            definition.finish(item._request)  # type: ignore[arg-type]  # it only asks for its node


@pytest.fixture(scope="session")
def django_db_setup(
    pytestconfig: pytest.Config, django_test_environment: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """Replace pytest-django's fixture: copy a migrated database instead of migrating one in each process."""
    with django_db_blocker.unblock():
        former = databases.take(pytestconfig.cache.mkdir("databases"))
    yield
    with django_db_blocker.unblock():
        concurrency.end_threads()
        databases.drop(former)


@pytest.fixture(autouse=True, scope="session")
def _tables_are_emptied_cheaply() -> Iterator[None]:
    """Replace Django's flush after a test with real transactions, which the audit log refuses."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _case: databases.empty())
        yield


@pytest.fixture(autouse=True, scope="session")
def _templates_keep_no_context(django_test_environment: None) -> Iterator[None]:
    """Undo what lets Django's test client remember contexts: it copies one for each template, part and form field."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Template, "_render", lambda template, context: template.nodelist.render(context))
        yield


@pytest.fixture(autouse=True, scope="session")
def _middleware_is_loaded_once(django_test_environment: None) -> Iterator[None]:
    """Share the middleware between the test clients of tests that have not changed a setting: each loads its own."""
    load, plain, kept = ClientHandler.load_middleware, caches_kept_between_requests.settings_in_force(), ClientHandler()

    def shared(handler: ClientHandler, is_async: bool = False) -> None:
        if caches_kept_between_requests.settings_in_force() is not plain:
            load(handler, is_async)
            return
        if "_middleware_chain" not in vars(kept):
            load(kept)
        vars(handler)["_middleware_chain"] = vars(kept)["_middleware_chain"]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ClientHandler, "load_middleware", shared)
        yield


@pytest.fixture(autouse=True, scope="session")
def _statements_are_converted_once() -> Iterator[None]:
    """Keep what Django's SQLite cursor makes of the placeholders of a statement: it reads each again each time."""
    convert = SQLiteCursorWrapper.convert_query

    @lru_cache(maxsize=10_000)
    def kept(sql: str) -> Any:
        return convert(None, sql)  # type: ignore[arg-type]  # it looks at nothing else

    def converted(cursor: Any, sql: str, *, param_names: Any = None) -> Any:
        return convert(cursor, sql, param_names=param_names) if param_names else kept(sql)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SQLiteCursorWrapper, "convert_query", converted)
        yield


@pytest.fixture(autouse=True, scope="session")
def _urls_are_loaded() -> None:
    """Read all URLs before any test changes settings, because the installed providers decide which ones there are.

    Seen failing: after a test that had only Twilio, the virtual phone had no address in this process.
    """
    assert get_resolver().reverse_dict
    assert all(entry.url_patterns for entry in get_resolver().url_patterns if isinstance(entry, URLResolver))


@pytest.fixture(autouse=True)
def _digest_keys_are_read() -> Iterator[None]:
    """Load the digest keys. Tests without a database use a fixed one."""
    if not crypto._digest_keys:
        crypto._digest_keys["d1"] = b"d" * 32
    yield
    crypto._digest_keys.pop("d1", None)


@pytest.fixture(autouse=True, scope="session")
def _caches_are_kept() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        caches_kept_between_requests.DATABASE.keep(patch)
        rsa_keys.keep(patch)
        SET_UPS.keep()
        yield


@pytest.fixture(autouse=True)
def _caches_are_empty(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget what the process read for the test before, which a test with long-lived caches would still believe."""
    SET_UPS.begin(request.fixturenames, monkeypatch)
    caches_kept_between_requests.DATABASE.begin()
    service_keys._services.forget()
    rsa_keys.KEYS.begin()


@pytest.fixture
def restart(settings: Any) -> Iterator[Callable[..., None]]:
    """Return a function that simulates a restart with other keys: the process forgets what it has read."""
    before = dict(crypto._digest_keys)

    def again(*keys: tuple[str, bytes]) -> None:
        settings.MFA_KEYS = keys
        crypto.forget()

    yield again
    crypto.forget()
    crypto._digest_keys.update(before)


@pytest.fixture
def hashed_in(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Note, for each password or code that is hashed, how many transactions were open besides the test's own."""
    noted, encode = list[int](), CheapHasher.encode

    def noting(*args: Any, **kwargs: Any) -> str:
        noted.append(len(connection.savepoint_ids))
        return encode(*args, **kwargs)

    monkeypatch.setattr(CheapHasher, "encode", noting)
    return noted


@pytest.fixture(scope="session")
def broker_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the URL of a real broker: TEST_REDIS_URL, or one started for this run."""
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
    """Point Celery at a real broker, under a prefix for this test alone, and return the prefix."""
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
        with override_settings(CELERY_BROKER_URL=url, CELERY_BROKER_TRANSPORT_OPTIONS=ours):
            yield
    finally:
        _forget_connections()
        conf.update(former)


def _forget_connections() -> None:
    pools.reset()
    delivery_broker.forget()
    celery_app._after_fork()  # type: ignore[attr-defined]  # as in a new process: drops the pools


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


@pytest.fixture(scope="session")
def bring_up(pytestconfig: pytest.Config, django_db_setup: None) -> BringUp:
    """Return a function that starts the whole service on a copy of a prepared database, with one web process."""
    folder = pytestconfig.cache.mkdir("databases")

    @contextmanager
    def up(home: Path, **more: str) -> Iterator[Stack]:
        with their_database(template=databases.original()) as theirs:
            if not theirs:
                databases.prepare(folder, home)
            settings = KEYS | {"WEB_WORKERS": "1"} | theirs | more
            with stacks.up(
                home, port=free_port(), broker_url=THEIR_BROKER, more=settings, is_prepared=not theirs
            ) as running:
                yield running

    return up


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, bring_up: BringUp) -> Iterator[Stack]:
    """Return the whole service as real processes with the demo users, its own database and its own queues."""
    with bring_up(tmp_path_factory.mktemp("stack"), METRICS_TOKEN=METRICS_TOKEN) as up:
        yield up


@contextmanager
def their_database(*, template: str = "template1") -> Iterator[dict[str, str]]:
    """Create a database beside TEST_DATABASE_URL's and drop it afterwards. Without that variable, use SQLite."""
    if not THEIR_DATABASE:
        yield {}
        return
    name = f"mfa_stack_{secrets.token_hex(4)}"
    parts = urlsplit(THEIR_DATABASE)
    server = urlunsplit(parts._replace(path="/postgres"))
    with psycopg.connect(server, autocommit=True) as admin:
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        admin.execute(create.format(sql.Identifier(name), sql.Identifier(template)))
        try:
            yield {"DATABASE_URL": urlunsplit(parts._replace(path=f"/{name}"))}
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def switches_known(db: None, settings: Any) -> None:
    """Fill the caches of policies, outages and spending limits, as in a process that is already serving."""
    settings.VERIFICATION_CACHE_SECONDS = 3600
    outages_in_force.kinds(timezone.now())
    policies.is_passwordless_allowed()
    countries_and_prices.lowest_cost("text")
    spending_limits.in_force()
    spending_limits.spending_stops_all_until("text", now=timezone.now())
    blocked_ranges.is_blocked("", now=timezone.now())

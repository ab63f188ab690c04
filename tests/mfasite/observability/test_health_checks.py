"""Tests of the health checks: they name what is down or degraded, and take at most half a second."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from pytest_django import Settings

import mfasite
from mfasite.observability import health_checks, missing_migrations
from verification.delivery import broker as brokers


@pytest.fixture
def hanging() -> Iterator[threading.Event]:
    """Give a probe something to wait for, which the test releases at its end."""
    event = threading.Event()
    yield event
    event.set()


def probes(monkeypatch: pytest.MonkeyPatch, **those: object) -> None:
    monkeypatch.setattr(health_checks, "PROBES", dict.fromkeys(health_checks.PROBES, lambda: True) | those)


def test_is_alive_without_database_or_broker(client: Client) -> None:
    answer = client.get("/healthz")

    assert answer.status_code == 200
    assert answer.content.splitlines()[0] == b"alive"


def test_names_the_version_that_runs_and_nothing_else(client: Client, settings: Settings) -> None:
    words = client.get("/healthz").content.decode()

    assert words == f"alive\nversion {mfasite.__version__}\n"
    assert settings.SECRET_KEY not in words


def test_is_ready_when_everything_answers(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    probes(monkeypatch)

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()) == (200, {"ready": True, "down": [], "degraded": []})


def fails() -> bool:
    raise OSError("connection refused")


def test_stays_ready_and_names_what_is_degraded(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A balancer would else take every process away, though most of the site works without a broker."""
    probes(monkeypatch, broker=fails, providers=lambda: False)

    answer = client.get("/readyz")

    told = {"ready": True, "down": [], "degraded": ["broker", "providers"]}
    assert (answer.status_code, answer.json()) == (200, told)


def test_names_missing_workers(client: Client, monkeypatch: pytest.MonkeyPatch, broker: str) -> None:
    """Seen failing without this probe: nothing was degraded while no worker ran."""
    probes(monkeypatch, workers=health_checks.PROBES["workers"])

    assert client.get("/readyz").json() == {"ready": True, "down": [], "degraded": ["workers"]}

    brokers.seen("worker1@host")

    assert client.get("/readyz").json()["degraded"] == []


def test_does_not_miss_workers_while_the_broker_is_away(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen failing without this rule: only the broker knows the workers."""
    probes(monkeypatch, broker=fails, workers=fails)

    assert client.get("/readyz").json()["degraded"] == ["broker"]


@pytest.mark.parametrize("needed", ["database", "migrations", "static files"])
def test_is_not_ready_without(client: Client, monkeypatch: pytest.MonkeyPatch, needed: str) -> None:
    probes(monkeypatch, **{needed: lambda: False})

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()) == (503, {"ready": False, "down": [needed], "degraded": []})


def test_misses_a_migration_of_this_version(monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(health_checks._migrated.__wrapped__).result()  # type: ignore[attr-defined]  # without its memory

        newer = [*missing_migrations._shipped(), ("accounts", "9999_of_the_next_version")]
        monkeypatch.setattr(missing_migrations, "_shipped", lambda: newer)

        assert not pool.submit(health_checks._migrated.__wrapped__).result()  # type: ignore[attr-defined]  # the same


def test_misses_static_files(settings: Settings, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }

    with pytest.raises(ValueError, match="manifest"):
        health_checks._static_files.__wrapped__()  # type: ignore[attr-defined]  # the same


def test_asks_for_what_a_version_brings_until_it_is_there() -> None:
    """Seen failing with the first answer kept: a process that started before `migrate` was never ready."""
    answers = iter([False, False, True])
    probe = health_checks._once(lambda: next(answers))

    assert [probe() for _ in range(6)] == [False, False, True, True, True, True]


def test_does_not_wait_for_what_hangs(
    client: Client, monkeypatch: pytest.MonkeyPatch, hanging: threading.Event
) -> None:
    probes(monkeypatch, database=lambda: hanging.wait(10))
    start = time.monotonic()

    answer = client.get("/readyz")

    assert answer.json()["down"] == ["database"]
    assert time.monotonic() - start < health_checks.PROBE_TIMEOUT + 0.3


def test_blames_nobody_else_while_one_hangs(
    client: Client, monkeypatch: pytest.MonkeyPatch, hanging: threading.Event
) -> None:
    """Seen failing with one pool for all probes: the database was called down as well."""
    probes(monkeypatch, broker=lambda: hanging.wait(10))
    monkeypatch.setattr(health_checks, "PROBE_TIMEOUT", 0.2)

    answers = [client.get("/readyz").json()["degraded"] for _ in range(8)]

    assert answers == [["broker"]] * 8


def test_asks_the_real_broker(broker: str) -> None:
    assert health_checks.PROBES["broker"]()


def test_notices_a_broker_that_is_not_there() -> None:
    with pytest.raises(Exception, match="nowhere"):
        health_checks.PROBES["broker"]()


def test_may_be_asked_by_strangers_and_is_never_kept(client: Client) -> None:
    assert client.get("/healthz").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "probe",
    [health_checks._database, health_checks._migrated, health_checks._providers],
    ids=["database", "migrations", "providers"],
)
def test_leaves_no_connection_behind_in_its_threads(db: None, probe: Callable[[], bool]) -> None:
    """Each thread of the probes kept one for ever (seen): it is counted by the server, and dead after its restart."""
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(probe).result()

        assert pool.submit(lambda: connection.connection is None).result()

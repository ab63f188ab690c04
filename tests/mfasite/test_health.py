"""Alive, and ready: what is down, by name, never slower than half a second."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client

from mfasite import health


@pytest.fixture
def hanging() -> Iterator[threading.Event]:
    """Give a probe something to hang on that the test lets go of at its end."""
    event = threading.Event()
    yield event
    event.set()


def probes(monkeypatch: pytest.MonkeyPatch, **those: object) -> None:
    monkeypatch.setattr(health, "PROBES", dict.fromkeys(("database", "broker", "providers"), lambda: True) | those)


def test_is_alive_without_database_or_broker(client: Client) -> None:
    answer = client.get("/healthz")

    assert (answer.status_code, answer.content) == (200, b"alive\n")


def test_is_ready_when_everything_answers(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    probes(monkeypatch)

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()) == (200, {"ready": True, "down": []})


def test_names_what_is_down(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> bool:
        raise OSError("connection refused")

    probes(monkeypatch, broker=fails, providers=lambda: False)

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()) == (503, {"ready": False, "down": ["broker", "providers"]})


def test_does_not_wait_for_what_hangs(
    client: Client, monkeypatch: pytest.MonkeyPatch, hanging: threading.Event
) -> None:
    probes(monkeypatch, database=lambda: hanging.wait(10))
    start = time.monotonic()

    answer = client.get("/readyz")

    assert answer.json()["down"] == ["database"]
    assert time.monotonic() - start < health.BOUND + 0.3


def test_blames_nobody_else_while_one_hangs(
    client: Client, monkeypatch: pytest.MonkeyPatch, hanging: threading.Event
) -> None:
    """Seen failing with one pool for all probes: the database was called down as well."""
    probes(monkeypatch, broker=lambda: hanging.wait(10))
    monkeypatch.setattr(health, "BOUND", 0.2)

    answers = [client.get("/readyz").json()["down"] for _ in range(8)]

    assert answers == [["broker"]] * 8


def test_asks_the_real_broker(broker: str) -> None:
    assert health.PROBES["broker"]()


def test_notices_a_broker_that_is_not_there() -> None:
    with pytest.raises(Exception, match="nowhere"):
        health.PROBES["broker"]()


def test_may_be_asked_by_strangers_and_is_never_kept(client: Client) -> None:
    assert client.get("/healthz").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("probe", [health._database, health._providers], ids=["database", "providers"])
def test_leaves_no_connection_behind_in_its_threads(db: None, probe: Callable[[], bool]) -> None:
    """Each thread of the probes kept one for ever (seen): it is counted by the server, and dead after its restart."""
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(probe).result()

        assert pool.submit(lambda: connection.connection is None).result()

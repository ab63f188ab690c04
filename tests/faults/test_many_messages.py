"""Tests of thousands of texts during faults of every kind: none is lost or sent twice, and nobody gets two codes.

`FAULT_MESSAGES=10000` runs the whole; fewer do otherwise. The carrier's own count is what is believed; with
`-o log_cli_level=INFO -o log_cli=true` the figures are told.
"""

import logging
import os
import random
import re
import signal
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis as redis_client

from mfasite.demo import child_processes, launcher
from mfasite.demo.launcher import Stack
from tests.bench import processes
from tests.bench.carrier import CarrierClient
from tests.faults import servers
from tests.faults.servers import Postgres
from tests.real_programs.ports import free_port
from tests.settings import KEYS

MESSAGES = int(os.environ.get("FAULT_MESSAGES", "1500"))
THREADS, WORKERS, KILL_INTERVAL = 32, 2, 2.0  # seconds between two kills
TIMEOUT = 60 + MESSAGES / 40  # seconds
CODE = re.compile(r"\b\d{6}\b")
IN_DOUBT = ("unknown", "lost")
# Workers are what a storm is about; clock and web server are killed among them.
VICTIMS = (*(f"worker-{n}" for n in range(WORKERS)),) * 2 + ("beat", "web")

_log = logging.getLogger(__name__)

pytestmark = [pytest.mark.services, pytest.mark.slow]


@dataclass
class ServiceWithFakeGateway:
    """The whole installation, with a carrier that stores what it receives."""

    up: Stack
    database: Postgres
    carrier: CarrierClient
    hand: processes.DriverProcess

    def rows(self, sql: str) -> list[Any]:
        with psycopg.connect(self.database.url, autocommit=True) as connection:
            return connection.execute(sql).fetchall()

    def waiting(self) -> int:
        count = "SELECT count(*) FROM verification_message WHERE state IN ('queued', 'sending')"
        return int(self.rows(count)[0][0])

    def start(self, name: str) -> None:
        """Start a worker, the clock or the web server, as a supervisor does."""
        commands = {"web": child_processes.web(), "beat": child_processes.beat(self.up.home)}
        self.up.crew.start(name, commands.get(name) or child_processes.worker(name, threads=THREADS))

    def start_workers(self) -> None:
        for n in range(WORKERS):
            self.start(f"worker-{n}")

    def kill(self, name: str) -> None:
        """Kill a process and its children with SIGKILL, and start it again."""
        child = next(child for child in self.up.crew.children if child.name == name)
        os.killpg(child.process.pid, signal.SIGKILL)
        child.process.wait()
        self.up.crew.children.remove(child)
        self.start(name)


@dataclass
class Storm:
    """Counts of the faults that the storm caused."""

    kills: Counter[str] = field(default_factory=Counter)
    flushes: int = 0
    restarts: int = 0

    @property
    def worker_kills(self) -> int:
        return sum(n for name, n in self.kills.items() if name.startswith("worker"))


@pytest.fixture
def service(tmp_path: Path) -> Iterator[ServiceWithFakeGateway]:
    """Start everything except the workers."""
    for name in ("broker", "site"):
        (tmp_path / name).mkdir()
    with (
        servers.postgres() as database,
        servers.redis(tmp_path / "broker") as (_, broker_url),
        processes.carrier() as carrier,
        launcher.up(
            tmp_path / "site",
            port=free_port(),
            broker_url=broker_url,
            more={**KEYS, "DATABASE_URL": database.url, "TASK_EVENTS": "0", "LOG_LEVEL": "WARNING", **carrier},
        ) as up,
        processes.driver("ours", up.url, tmp_path / "site", up.environment) as hand,
        closing(CarrierClient(carrier["GATEWAY_URL"])) as line,
    ):
        up.crew.stop("worker")
        yield ServiceWithFakeGateway(up, database, line, hand)


def storm(service: ServiceWithFakeGateway, *, faults: float, flushes: int, restarts: int) -> Storm:
    """Send all messages while processes are killed and broker and database fail. Return the faults caused."""
    service.hand.order("carry", what="treat", latency=50)
    # As long as a policy may let codes live: what is too old is dropped on purpose, and would tell nothing here.
    service.rows("UPDATE verification_policy SET code_life = interval '10 minutes' RETURNING id")
    # Ten thousand texts cost more in a day than a new installation allows.
    service.rows("DELETE FROM verification_spendinglimit RETURNING id")
    service.hand.order("carry", what="put_out", n=MESSAGES)
    service.carrier.fail(faults)
    service.start_workers()
    chance = random.Random(7)  # noqa: S311  (spreads the kills, protects nothing)
    done, deadline = Storm(), time.monotonic() + TIMEOUT
    while service.waiting() and time.monotonic() < deadline:
        time.sleep(KILL_INTERVAL)
        victim = chance.choice(VICTIMS)
        service.kill(victim)
        done.kills[victim] += 1
        if done.flushes < flushes:
            done.flushes += 1
            _client(service).flushall()
        elif done.restarts < restarts:
            done.restarts += 1
            service.database.restart()
    return done


def _client(service: ServiceWithFakeGateway) -> Any:
    return redis_client.Redis(unix_socket_path=service.up.broker_url.removeprefix("redis+socket://"))


def reconcile(service: ServiceWithFakeGateway, done: Storm, *, most_in_doubt: int) -> None:
    """Compare the outbox with what the carriers received.

    Seen failing with the claim unguarded, with a dead worker's messages queued again, and with both sweeps taken out.
    """
    deadline = time.monotonic() + TIMEOUT
    while service.waiting() and time.monotonic() < deadline:
        time.sleep(0.5)
    states = dict(service.rows("SELECT handle, state FROM verification_message WHERE kind = 'text'"))
    taken: dict[str, list[str]] = defaultdict(list)  # the codes that went out of each message
    people: dict[str, set[str]] = defaultdict(set)
    for text in service.carrier.texts():
        if text["status"] != 429 and text["id"] in states:
            taken[text["id"]] += CODE.findall(text["text"])[:1]
            people[text["to"]] |= set(CODE.findall(text["text"])[:1])
    for handle, to, words in service.rows('SELECT message_id, "to", words FROM virtual_delivery'):
        if handle in states:
            taken[handle] += CODE.findall(words)[:1]
            people[to] |= set(CODE.findall(words)[:1])

    unsent = {handle: state for handle, state in states.items() if handle not in taken}
    _log.info("%s; %s; went out %d, in doubt and not out %d", done, Counter(states.values()), len(taken), len(unsent))

    assert len(states) == MESSAGES
    assert {handle: codes for handle, codes in taken.items() if len(codes) > 1} == {}, "twice"
    assert {to: codes for to, codes in people.items() if len(codes) > 1} == {}, "two codes for one person"
    assert set(unsent.values()) <= set(IN_DOUBT), f"lost: {Counter(unsent.values())}"
    assert len(unsent) <= most_in_doubt, f"{len(unsent)} in doubt did not go out"
    service.up.crew.wait("The web server", lambda: child_processes.answers(f"{service.up.url}/readyz"), seconds=20)


def test_nothing_is_lost_or_doubled_with_a_kill_every_two_seconds(service: ServiceWithFakeGateway) -> None:
    done = storm(service, faults=0, flushes=0, restarts=0)

    assert done.worker_kills
    reconcile(service, done, most_in_doubt=done.worker_kills * THREADS)


def test_nor_with_faults_of_carrier_broker_and_database_beside(service: ServiceWithFakeGateway) -> None:
    done = storm(service, faults=0.3, flushes=1, restarts=2)

    assert (done.worker_kills > 0, done.flushes, done.restarts) == (True, 1, 2)
    reconcile(service, done, most_in_doubt=(done.worker_kills + done.restarts * WORKERS) * THREADS)

"""Tests of the length of queues and the number of workers, read from a real broker."""

import time

import pytest
from celery import current_app

from verification.delivery import broker as brokers
from verification.delivery import statistics


def test_depth_of_each_queue_is_told(broker: str) -> None:
    before = {queue.name: queue.depth for queue in statistics.queues()}

    for _ in range(3):
        current_app.send_task("verification.tasks.housekeeping", queue="housekeeping")

    after = {queue.name: queue.depth for queue in statistics.queues()}
    assert before == {"texts": 0, "calls": 0, "housekeeping": 0}
    assert after == {"texts": 0, "calls": 0, "housekeeping": 3}
    assert statistics.workers() == 0


def test_a_worker_is_there_for_three_heartbeats(broker: str, monkeypatch: pytest.MonkeyPatch) -> None:
    brokers.seen("worker1@a")
    brokers.seen("worker2@a")
    brokers.seen("worker2@a")
    assert statistics.workers() == 2

    later = time.time() + 31
    monkeypatch.setattr(time, "time", lambda: later)

    assert statistics.workers() == 0
    brokers.seen("worker2@a")
    assert statistics.workers() == 1


def test_broker_that_is_away_is_unknown_and_no_error() -> None:
    assert {queue.depth for queue in statistics.queues()} == {None}
    assert statistics.workers() is None

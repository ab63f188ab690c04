"""Tests of the delivery statistics for operators, read from a real broker."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from celery import current_app
from django.utils import timezone

from tests.verification.conftest import EngineUser
from verification.delivery import broker as brokers
from verification.delivery import statistics
from verification.models import Channel, Message


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


def test_hours_hold_every_message_of_the_day(engine_user: EngineUser) -> None:
    """Before the fix, messages of the part of an hour with which the day begins were missing from the chart."""
    now = timezone.now().replace(minute=50)
    earliest = now - timedelta(hours=23, minutes=55)
    Message.objects.create(user=engine_user.user, kind=Channel.TEXT, created_at=earliest, useful_until=now)

    assert sum(hour.n for hour in statistics.hours(now)) == 1


@pytest.mark.parametrize(
    ("zone", "day"),
    [("Europe/Zurich", "2026-10-25"), ("Europe/Zurich", "2026-03-29"), ("Asia/Kathmandu", "2026-07-01")],
)
def test_hours_hold_every_message_of_a_day_on_which_the_clocks_change(
    engine_user: EngineUser, zone: str, day: str
) -> None:
    """Seen failing in October and March: the hour that comes twice lost messages, the missing one was counted."""
    now = datetime.fromisoformat(day).replace(hour=20, tzinfo=UTC)
    for hours in range(20):
        at = now - timedelta(hours=hours, minutes=30)
        Message.objects.create(user=engine_user.user, kind=Channel.TEXT, created_at=at, useful_until=now)

    with timezone.override(zone):
        found = statistics.hours(now)

    assert sorted(hour.n for hour in found) == [*[0] * 5, *[1] * 20]

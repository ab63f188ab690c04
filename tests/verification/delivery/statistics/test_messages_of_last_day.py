"""Tests of the counts of the last day's messages."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from tests.verification.conftest import EngineUser
from verification.delivery import statistics
from verification.models import Channel, Message


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

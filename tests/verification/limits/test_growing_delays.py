"""Tests of the delays after incorrect codes and passwords."""

from datetime import UTC, datetime, timedelta

import pytest

from verification.limits.growing_delays import wait_schedule

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize(("longest", "minutes"), [(60, [1, 2, 4, 8, 16, 32]), (15, [1, 2, 4, 8]), (1, [])])
def test_delays_double_and_stay_below_the_longest(longest: int, minutes: list[int]) -> None:
    schedule = wait_schedule(NOW, 5, timedelta(minutes=longest))

    assert schedule == [(5 + n, NOW + timedelta(minutes=each)) for n, each in enumerate(minutes)]

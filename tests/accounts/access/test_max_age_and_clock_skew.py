"""The edges of how old, and how far in the future, a verification may be."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.access import max_age_and_clock_skew

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize(("seconds_ahead", "is_fresh"), [(30, True), (31, False)])
def test_accepts_a_clock_that_is_half_a_minute_ahead(seconds_ahead: int, is_fresh: bool) -> None:
    at = NOW + timedelta(seconds=seconds_ahead)

    assert max_age_and_clock_skew.is_fresh(at, now=NOW, max_age=None, newer_than=None) is is_fresh
    assert max_age_and_clock_skew.allows_setup(at, now=NOW) is is_fresh


@pytest.mark.parametrize(("seconds", "allows"), [(300, True), (301, False)])
def test_allows_setup_for_five_minutes(seconds: int, allows: bool) -> None:
    assert max_age_and_clock_skew.allows_setup(NOW - timedelta(seconds=seconds), now=NOW) is allows

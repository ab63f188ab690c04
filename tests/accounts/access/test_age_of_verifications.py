"""Tests of the limits of max_age: how old, and how far in the future, a verification may be."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.access import Demand, age_of_verifications

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize(("seconds_ahead", "is_fresh"), [(30, True), (31, False)])
def test_accepts_a_clock_that_is_half_a_minute_ahead(seconds_ahead: int, is_fresh: bool) -> None:
    at = NOW + timedelta(seconds=seconds_ahead)

    assert age_of_verifications.is_fresh(at, now=NOW, max_age=None, demand=None) is is_fresh
    assert age_of_verifications.allows_setup(at, now=NOW) is is_fresh


@pytest.mark.parametrize(("seconds", "allows"), [(300, True), (301, False)])
def test_allows_setup_for_five_minutes(seconds: int, allows: bool) -> None:
    assert age_of_verifications.allows_setup(NOW - timedelta(seconds=seconds), now=NOW) is allows


@pytest.mark.parametrize(("seconds_behind", "is_met"), [(30, True), (31, False)])
def test_a_demand_is_met_on_a_host_whose_clock_is_half_a_minute_behind(seconds_behind: int, is_met: bool) -> None:
    assert Demand(at=NOW).is_met_by(NOW - timedelta(seconds=seconds_behind)) is is_met


@pytest.mark.parametrize("seconds", [-5, 0, 5])
def test_a_demand_is_never_met_by_what_the_session_already_had(seconds: int) -> None:
    at = NOW + timedelta(seconds=seconds)

    assert not Demand(at=NOW, known=frozenset({at})).is_met_by(at)

"""Tests of how many people may leave a directory before someone has to confirm it."""

import pytest

from accounts import provisioning
from accounts.models import Directory
from tests.accounts.provisioning.entries_of_people import crowd
from tests.simulated.people import Clock


@pytest.mark.parametrize(("n_people", "n_leaving", "are_many"), [(20, 4, False), (20, 5, True), (100, 5, False)])
def test_many_are_at_least_five_and_over_five_percent(
    directory: Directory, clock: Clock, n_people: int, n_leaving: int, are_many: bool
) -> None:
    crowd(directory, n_people, clock)

    assert provisioning.count(directory, clock.now, planned=n_leaving).are_many is are_many

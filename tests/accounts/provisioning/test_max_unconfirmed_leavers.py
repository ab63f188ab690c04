"""Tests of how many people may leave a directory before someone has to confirm it."""

import pytest

from accounts import provisioning
from accounts.models import Directory
from accounts.models.directories import LinkBy
from accounts.provisioning import (
    ProvisioningSource,
)
from tests.accounts.provisioning.entries_of_people import SCIM, SYNC, apply, entry
from tests.simulated.people import Clock, join
from verification.models import AuditEvent, Message


def crowd(directory: Directory, n: int, clock: Clock, *, left: int = 0, by: ProvisioningSource = SYNC) -> None:
    found = [entry(f"k{i}", f"person{i}", is_active=i >= left) for i in range(n)]
    apply(directory, *found, clock=clock, by=by)


@pytest.mark.parametrize(("n_people", "n_leaving", "are_many"), [(20, 4, False), (20, 5, True), (100, 5, False)])
def test_many_are_at_least_five_and_over_five_percent(
    directory: Directory, clock: Clock, n_people: int, n_leaving: int, are_many: bool
) -> None:
    crowd(directory, n_people, clock)

    assert provisioning.count(directory, clock.now, planned=n_leaving).are_many is are_many


def test_scim_raises_one_alarm_an_hour(directory: Directory, clock: Clock) -> None:
    join("root", is_staff=True, is_superuser=True)
    crowd(directory, 20, clock)

    for left in (4, 5, 6):
        crowd(directory, 20, clock, left=left, by=SCIM)

    (alarm,) = AuditEvent.objects.filter(kind="directory.many_left")
    assert (alarm.detail["n"], alarm.detail["of"]) == (5, 20)
    assert Message.objects.filter(template__contains="many_people_left_directory").count() == 1


def test_people_who_are_taken_over_and_switched_off_count_too(directory: Directory, clock: Clock) -> None:
    """Seen failing: a directory could switch off everyone who was here already, and nobody heard of it."""
    join("root", is_staff=True, is_superuser=True)
    directory.link_by = LinkBy.USERNAME
    for n in range(5):
        join(f"person{n}")

    apply(directory, *(entry(f"k{n}", f"person{n}", is_active=False) for n in range(5)), clock=clock, by=SCIM)

    alarm = AuditEvent.objects.get(kind="directory.many_left")
    assert (alarm.detail["n"], alarm.detail["of"]) == (5, 5)

"""Tests of the alarm when too many people leave a directory within an hour."""

from accounts.models import Directory
from accounts.models.directories import LinkBy
from tests.accounts.provisioning.entries_of_people import SCIM, apply, crowd, entry
from tests.simulated.people import Clock, join
from verification.models import AuditEvent, Message


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

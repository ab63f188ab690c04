"""Tests of groups that directories supply: names, members, what leaving them ends, and removal."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group

from accounts import access, applications, provisioning
from accounts.models import Application, ApplicationSession, Directory, DirectoryGroup, User
from accounts.models.directories import DirectoryKind
from accounts.provisioning import (
    GroupEntry,
    Members,
    PersonEntry,
    ProvisioningMethod,
    ProvisioningSource,
    applying_groups,
)
from tests.simulated.people import Clock
from verification.db import row_locks
from verification.models import AuditEvent, Browser, Policy

BY = ProvisioningSource(way=ProvisioningMethod.SCIM)


@pytest.fixture
def directory(db: None) -> Directory:
    return Directory.objects.create(name="Entra", kind=DirectoryKind.SCIM)


@pytest.fixture
def people(directory: Directory, clock: Clock) -> list[User]:
    found = [PersonEntry(key=key, username=key) for key in ("a", "b", "c")]
    changes = provisioning.plan_people(directory, found, now=clock.now)
    list(provisioning.apply_people(directory, changes, BY, clock.now))
    return list(User.objects.order_by("username"))


def group(key: str = "g", name: str = "Sales", members: str = "") -> GroupEntry:
    return GroupEntry(key=key, name=name, members=frozenset(members))


def members(found: DirectoryGroup) -> str:
    return "".join(found.group.user_set.order_by("username").values_list("username", flat=True))


def test_has_exactly_the_members_of_its_entry(directory: Directory, people: list[User], clock: Clock) -> None:
    first = members(provisioning.apply_group(directory, group(members="abz"), BY, clock.now))
    second = members(provisioning.apply_group(directory, group(members="bc"), BY, clock.now))

    assert (first, second) == ("ab", "bc")
    said = AuditEvent.objects.filter(kind="directory.group_changed").order_by("pk").values_list("detail", flat=True)
    assert [(len(each["joined"]), len(each["left"])) for each in said] == [(2, 0), (1, 0), (0, 1)]


@pytest.mark.parametrize("way", ["left", "removed", "joined a stronger one"])
def test_records_who_needs_no_second_person_any_more(
    way: str, directory: Directory, people: list[User], clock: Clock
) -> None:
    """Seen failing: leaving a group ended the approvals that its policy required, and nothing said so."""
    board = provisioning.apply_group(directory, group(members="ab"), BY, clock.now).group
    Policy.objects.create(group=board, rank=2, second_person=["erase", "unlock"])
    lab = provisioning.apply_group(directory, group(key="lab", name="Lab"), BY, clock.now).group
    Policy.objects.create(group=lab, rank=1, second_person=["erase"])
    changes: dict[str, Callable[[], object]] = {
        "left": lambda: provisioning.apply_group(directory, group(members="b"), BY, clock.now),
        "removed": lambda: provisioning.remove_group(directory, "g", BY, clock.now),
        "joined a stronger one": lambda: provisioning.apply_group(
            directory, Members(key="lab", added=frozenset("a"), removed=frozenset()), BY, clock.now
        ),
    }

    changes[way]()

    found = AuditEvent.objects.filter(kind="policy.approvals_dropped").order_by("user_id")
    concerned = people[:2] if way == "removed" else people[:1]
    assert [(each.user_id, each.detail["actions"]) for each in found] == [(each.pk, ["unlock"]) for each in concerned]


def test_a_second_time_records_nothing(directory: Directory, people: list[User], clock: Clock) -> None:
    provisioning.apply_group(directory, group(members="ab"), BY, clock.now)
    n = AuditEvent.objects.count()

    provisioning.apply_group(directory, group(members="ab"), BY, clock.now)
    provisioning.apply_group(directory, Members(key="g", added=frozenset("a"), removed=frozenset("c")), BY, clock.now)

    assert AuditEvent.objects.count() == n


def test_single_members_join_and_leave(directory: Directory, people: list[User], clock: Clock) -> None:
    provisioning.apply_group(directory, group(members="ab"), BY, clock.now)

    found = provisioning.apply_group(
        directory, Members(key="g", added=frozenset("c"), removed=frozenset("a")), BY, clock.now
    )

    assert members(found) == "bc"


def test_leaves_out_someone_who_is_erased_at_that_moment(
    directory: Directory, people: list[User], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen failing: the group referred to an account that was gone, which the database refuses."""
    original = applying_groups._pks

    def read(*given: Any) -> list[int]:
        found = original(*given)
        User.objects.filter(username="b").delete()
        return found

    monkeypatch.setattr(applying_groups, "_pks", read)
    found = provisioning.apply_group(directory, group(members="ab"), BY, clock.now)

    assert list(User.groups.through.objects.filter(group=found.group).values_list("user__username")) == [("a",)]
    assert User.groups.through.objects.count() == 1


def test_members_of_an_unknown_group_fail_loudly(directory: Directory, clock: Clock) -> None:
    with pytest.raises(provisioning.UnknownGroup):
        provisioning.apply_group(directory, Members(key="g", added=frozenset("a")), BY, clock.now)


def test_never_fills_a_group_that_was_made_here(directory: Directory, people: list[User], clock: Clock) -> None:
    ours = Group.objects.create(name="sales")

    first = provisioning.apply_group(directory, group(members="a"), BY, clock.now)
    second = provisioning.apply_group(directory, group("h", members="b"), BY, clock.now)

    assert [first.group.name, second.group.name] == ["Sales (Entra)", "Sales (Entra 2)"]
    assert not ours.user_set.exists()


def test_follows_a_new_name(directory: Directory, people: list[User], clock: Clock) -> None:
    first = provisioning.apply_group(directory, group(members="a"), BY, clock.now)

    second = provisioning.apply_group(directory, group(name="Selling", members="a"), BY, clock.now)

    assert (first.group_id, second.group.name, members(second)) == (second.group_id, "Selling", "a")


def test_who_leaves_loses_the_application_and_the_browser_that_only_the_group_gave(
    directory: Directory, people: list[User], clock: Clock
) -> None:
    found = provisioning.apply_group(directory, group(members="ab"), BY, clock.now)
    Policy.objects.create(group=found.group, remember_days=30)
    Policy.objects.create(remember_days=0)
    wiki = Application.objects.create(slug="wiki", name="Wiki", kind=Application.Kind.PROXY)
    wiki.groups.add(found.group)
    answer = access.AccessDecision(step=access.AccessStep.CONTINUE, reason=access.AccessReason.MET)
    for user in people[:2]:
        applications.open(wiki, user, f"{user.pk:032}", answer, clock.now)
        moments = {"made_at": clock.now, "rotated_at": clock.now, "ends_at": clock.now + timedelta(days=30)}
        Browser.objects.create(user=user, digest=user.username, epoch=user.epoch, **moments)

    provisioning.apply_group(directory, group(members="b"), BY, clock.now)

    assert list(ApplicationSession.objects.filter(ended_at=None).values_list("user__username", flat=True)) == ["b"]
    assert list(Browser.objects.values_list("user__username", flat=True)) == ["b"]


def test_removes_a_group_that_nothing_uses(directory: Directory, people: list[User], clock: Clock) -> None:
    provisioning.apply_group(directory, group(members="ab"), BY, clock.now)

    assert provisioning.remove_group(directory, "g", BY, clock.now)

    assert not Group.objects.filter(name="Sales").exists()
    assert not provisioning.remove_group(directory, "g", BY, clock.now)


def test_a_group_that_an_application_needs_stays_empty(directory: Directory, people: list[User], clock: Clock) -> None:
    found = provisioning.apply_group(directory, group(members="ab"), BY, clock.now)
    wiki = Application.objects.create(slug="wiki", name="Wiki", kind=Application.Kind.PROXY)
    wiki.groups.add(found.group)

    provisioning.remove_group(directory, "g", BY, clock.now)

    assert not Group.objects.get(name="Sales").user_set.exists()
    assert not applications.may_use(people[0], wiki)


def test_a_group_that_an_application_has_just_begun_to_use_stays(
    directory: Directory, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen failing: it was deleted, and the application without its only group was open to everyone."""
    found = provisioning.apply_group(directory, group(), BY, clock.now)
    wiki = Application.objects.create(slug="wiki", name="Wiki", kind=Application.Kind.PROXY)
    monkeypatch.setattr(row_locks, "lock_to_delete", lambda *_rows: wiki.groups.add(found.group))

    provisioning.remove_group(directory, "g", BY, clock.now)

    assert wiki.groups.get() == found.group

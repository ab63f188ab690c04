"""Tests that what a directory decides can't be changed here: imports, groups, and the words on the case page."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Group

from accounts import provisioning
from accounts.models import Directory, User
from accounts.models.directories import DirectoryKind
from accounts.provisioning import GroupEntry, PersonEntry, ProvisioningMethod, ProvisioningSource
from accounts.support.groups import change_preview_and_refusals
from accounts.support.groups.change_preview_and_refusals import WantedGroup
from accounts.support.imports import people_rows
from tests.simulated.people import Clock, Person
from verification.context import Context
from verification.models import Policy

BY = ProvisioningSource(way=ProvisioningMethod.SYNC)
HERE = Context(now=datetime(2026, 1, 5, tzinfo=UTC))


@pytest.fixture
def eva(db: None, clock: Clock) -> User:
    directory = Directory.objects.create(name="Entra", kind=DirectoryKind.SCIM)
    entry = PersonEntry(key="e", username="eva", name="Eva", email="eva@example.org")
    (change,) = provisioning.plan_people(directory, [entry])
    user = provisioning.apply_person(directory, change, BY, clock.now)
    provisioning.apply_group(directory, GroupEntry(key="g", name="Sales", members=frozenset("e")), BY, clock.now)
    return user


def row(**changed: str) -> people_rows.Row:
    usual = {"username": "eva", "name": "Eva", "email": "eva@example.org", "groups": "Sales", "state": "enabled"}
    return 2, usual | changed


def test_an_import_of_what_is_there_changes_nothing(eva: User, root: Person) -> None:
    assert people_rows.apply([row()], root.user, HERE).counts["same"] == 1


@pytest.mark.parametrize("changed", [{"name": "Eve"}, {"email": "eve@example.org"}, {"groups": ""}])
def test_an_import_changes_nothing_that_the_directory_decides(eva: User, root: Person, changed: dict[str, str]) -> None:
    ((_line, words),) = people_rows.apply([row(**changed)], root.user, HERE).faults

    assert "directory" in words
    eva.refresh_from_db()
    assert (eva.name, eva.email, eva.groups.count()) == ("Eva", "eva@example.org", 1)


def test_an_import_adds_nobody_to_a_group_of_a_directory(eva: User, root: Person) -> None:
    tom = row(username="tom", name="Tom", email="", groups="Sales")

    ((_line, words),) = people_rows.apply([tom], root.user, HERE).faults

    assert "Sales" in words
    assert not User.objects.filter(username="tom").exists()


def test_an_import_changes_what_is_decided_here(eva: User, root: Person) -> None:
    Group.objects.create(name="Choir")
    Policy.objects.create(caller_check=False)

    assert not people_rows.apply([row(groups="Choir;Sales", state="enforced")], root.user, HERE).faults

    eva.refresh_from_db()
    assert (eva.second_step, eva.groups.count()) == ("enforced", 2)


@pytest.mark.parametrize(
    "wanted",
    [
        WantedGroup(name="Sold", rights=frozenset()),
        WantedGroup(name="Sales", rights=frozenset({"accounts.view_user"})),
        WantedGroup(name="Sales", rights=frozenset(), leaving=("eva",)),
        None,
    ],
)
def test_a_group_of_a_directory_is_not_changed_here(eva: User, root: Person, wanted: WantedGroup | None) -> None:
    found = change_preview_and_refusals.plan(root.user, Group.objects.get(name="Sales"), wanted)

    assert found.why == "of_directory"

"""Tests that pages of directories show the staff of a desk only the people whom it helps."""

from collections.abc import Iterator, Sequence
from typing import Any, cast

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from accounts import ldap_directories
from accounts.ldap_sync.planned_changes import SyncPlan
from accounts.models import Directory, DirectorySync, DirectorySyncRow, Scope, User
from accounts.models.directories import DirectoryKind
from accounts.provisioning import PersonEntry
from accounts.support import directory_problems
from tests.every_page.admin_rows import DIRECTORY
from tests.simulated.http_browser import A_REASON, Page
from tests.simulated.people import Clock, Person, hire, join

LIST = "/admin/accounts/directory/"
PEOPLE = "/admin/accounts/user/"


@pytest.fixture
def north(db: None) -> Group:
    return Group.objects.create(name="North")


@pytest.fixture
def fay(north: Group, clock: Clock) -> Person:
    """An administrator who can help only the people of the North."""
    person = hire("fay", "Administrators")
    Scope.objects.create(desk=person.user.groups.get()).people.add(north)
    person.sign_in(to="/admin/")
    return person


@pytest.fixture
def staff_ldap(db: None, clock: Clock) -> Directory:
    made = Directory(**DIRECTORY, servers=["ldap.example.org"], sync_minutes=60)
    ldap_directories.seal_password(made, "the secret of the account")
    made.save()
    return made


@pytest.fixture
def nora(north: Group, staff_ldap: Directory) -> User:
    user = join("nora", directory=staff_ldap, directory_key="n").user
    user.groups.add(north)
    return user


@pytest.fixture
def sue(staff_ldap: Directory) -> User:
    """Someone whom another desk helps."""
    return join("sue", directory=staff_ldap, directory_key="s").user


@pytest.fixture
def run(staff_ldap: Directory, nora: User, sue: User) -> DirectorySync:
    """A run that waits: two people would be switched off, and others changed and added."""
    made = DirectorySync.objects.create(
        directory=staff_ldap,
        state=DirectorySync.State.READY,
        stopped=True,
        made_at=timezone.now(),
        read_at=timezone.now(),
        n_active=20,
        n_to_do=2,
        n_switched_off=2,
    )
    for user in (nora, sue):
        add(made, "switched_off", user.username, user)
    return made


def add(run: DirectorySync, what: str, name: str, user: User | None = None, **more: object) -> None:
    DirectorySyncRow.objects.create(sync=run, what=what, name=name, user=user, **more)


def names(run: DirectorySync, staff: Person) -> list[str]:
    return list(directory_problems.rows_for(run, staff.user).order_by("pk").values_list("name", flat=True))


def left(page: Page) -> tuple[bool, bool]:
    """Return whether a page names the person of the desk, and the other one."""
    words = page.words.replace(",", " ").replace(".", " ").split()
    return "nora" in words, "sue" in words


@pytest.mark.parametrize("address", [PEOPLE, f"{LIST}{{directory}}/sync/", f"{LIST}runs/{{ref}}/"])
def test_run_that_waits_names_only_people_of_the_desk(address: str, run: DirectorySync, fay: Person) -> None:
    """Seen failing: the notices and the run named everyone who would be switched off."""
    page = fay.browser.go(address.format(directory=run.directory_id, ref=run.ref))

    assert left(page) == (True, False)
    assert "2 of 20 people" in page


def test_download_has_only_people_of_the_desk(run: DirectorySync, fay: Person) -> None:
    page = fay.browser.save(f"{LIST}runs/{run.ref}/export/")

    assert ",nora," in page.html
    assert ",sue," not in page.html


def test_staff_of_all_desks_read_everything(run: DirectorySync) -> None:
    add(run, "added", "eva")

    assert names(run, hire("gil", "Administrators")) == ["nora", "sue", "eva"]


def test_new_people_are_shown_once_the_desk_helps_them(run: DirectorySync, fay: Person, north: Group) -> None:
    add(run, "added", "eva")
    assert names(run, fay) == ["nora"]

    eva = join("eva", directory=run.directory, directory_key="e").user
    assert names(run, fay) == ["nora"]

    eva.groups.add(north)
    assert names(run, fay) == ["nora", "eva"]


class OnePage:
    """What a directory answers: one page of people."""

    keys = frozenset[str]()

    def __init__(self, *people: PersonEntry) -> None:
        self._people = people

    def people(self) -> Iterator[Sequence[PersonEntry]]:
        yield self._people


def test_new_people_are_shown_however_the_directory_writes_their_username(
    staff_ldap: Directory, fay: Person, north: Group, clock: Clock
) -> None:
    """Seen failing: SQLite changes only the capitals A to Z, and no database compares ß with ss."""
    run = DirectorySync.objects.create(directory=staff_ldap, made_at=clock.now)
    plan = SyncPlan(run, clock.now, lambda counts: None)
    plan.make(cast("Any", OnePage(PersonEntry(key="a", username="ÄNNE"), PersonEntry(key="g", username="Groß"))))

    for name in ("änne", "gross"):
        join(name, directory=staff_ldap, directory_key=name).user.groups.add(north)

    assert names(run, fay) == ["änne", "gross"]


def test_someone_who_gets_the_name_of_a_person_of_the_desk_is_not_shown(
    run: DirectorySync, sue: User, fay: Person
) -> None:
    add(run, "changed", "nora", sue, fields={"username": ["sue", "nora"]})
    add(run, "refused", "nora", None, why="staff")

    assert names(run, fay) == ["nora"]


def test_groups_are_shown(run: DirectorySync, fay: Person) -> None:
    add(run, "group", "vpn", why="added", fields={"joined": 2, "left": 0})
    add(run, "refused", "g1", why="no_name")
    add(run, "shortened", "A long name", why="long_group_name")

    assert names(run, fay) == ["nora", "vpn", "g1", "A long name"]


def test_those_who_left_are_named_only_if_the_desk_helps_them(nora: User, sue: User, fay: Person, clock: Clock) -> None:
    """Seen failing: the notice and the page of the directory named everyone."""
    entra = Directory.objects.create(name="Entra ID", kind=DirectoryKind.SCIM, many_left_since=clock.now)
    people = User.objects.filter(pk__in=[nora.pk, sue.pk])
    people.update(directory=entra, is_active=False, directory_off_at=clock.now)

    for address in (PEOPLE, f"{LIST}{entra.pk}/scim/"):
        assert left(fay.browser.go(address)) == (True, False)
    assert fay.browser.shown.offers("Confirm that they left")

    nora.groups.clear()
    for address in (PEOPLE, f"{LIST}{entra.pk}/scim/"):
        assert left(fay.browser.go(address)) == (False, False)
    assert fay.browser.shown.offers("Confirm that they left")


@pytest.mark.parametrize("name", ["sue", "nobody"])
def test_test_of_a_directory_shows_nobody_of_another_desk(
    name: str, staff_ldap: Directory, sue: User, fay: Person
) -> None:
    """Seen failing: it showed the name and email address of everyone in the directory."""
    page = fay.browser.send(f"{LIST}{staff_ldap.pk}/test/", username=name, password="")

    assert (page.status, page.refused_fields) == (200, {"username"})


def test_run_that_changes_others_is_not_confirmed_by_a_desk(run: DirectorySync, sue: User, fay: Person) -> None:
    """Seen failing: an administrator of one desk switched off the people of another."""
    confirm = f"{LIST}runs/{run.ref}/confirm/"
    assert not fay.browser.go(f"{LIST}runs/{run.ref}/").leads_to(confirm)

    page = fay.browser.send(confirm, reason=A_REASON, form_ref="a" * 32)

    assert page.outcomes == {"run:others"}
    run.refresh_from_db()
    assert run.state == DirectorySync.State.READY


@pytest.mark.parametrize("what", ["added", "group"])
def test_new_people_and_groups_are_others(what: str, run: DirectorySync, fay: Person) -> None:
    run.rows.filter(name="sue").delete()
    add(run, what, "eva")

    assert directory_problems.changes_others(run, fay.user)


def test_run_that_changes_only_people_of_the_desk_is_confirmed(run: DirectorySync, fay: Person) -> None:
    run.rows.filter(name="sue").delete()
    add(run, "refused", "olga", why="staff")

    fay.browser.save(f"{LIST}runs/{run.ref}/confirm/")

    run.refresh_from_db()
    assert run.state == DirectorySync.State.APPLYING


def test_staff_of_all_desks_confirm_every_run(run: DirectorySync) -> None:
    add(run, "added", "eva")

    assert not directory_problems.changes_others(run, hire("gil", "Administrators").user)

"""Tests that a directory that isn't used any more lets go of its people and groups, and can then be deleted.

Seen failing: an abandoned directory kept its people and groups, so nobody could delete it or change its groups.
"""

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from accounts import ldap_directories
from accounts.models import Directory, DirectoryGroup, DirectorySync, Scope, SuggestedNumber, User
from tests.every_page.admin_rows import DIRECTORY
from tests.simulated.people import Clock, Person, hire, join
from verification.models import AuditEvent, Enrolment

LIST = "/admin/accounts/directory/"


@pytest.fixture
def staff_ldap(db: None, clock: Clock) -> Directory:
    made = Directory(**DIRECTORY, servers=["ldap.example.org"], is_active=False)
    ldap_directories.seal_password(made, "the secret of the account")
    made.save()
    return made


@pytest.fixture
def nora(staff_ldap: Directory) -> User:
    return join("nora", directory=staff_ldap, directory_key="n").set_up("totp").user


@pytest.fixture
def vpn(staff_ldap: Directory, nora: User) -> Group:
    group = Group.objects.create(name="vpn")
    DirectoryGroup.objects.create(directory=staff_ldap, key="g", name="vpn", group=group)
    group.user_set.add(nora)
    return group


def page_of(directory: Directory) -> str:
    return f"{LIST}{directory.pk}/disconnect/"


def test_people_and_groups_stay_and_the_directory_is_deleted(
    staff_ldap: Directory, nora: User, vpn: Group, fay: Person
) -> None:
    SuggestedNumber.objects.create(user=nora, kind="mobile", sealed="x")
    User.objects.create(username="olaf", directory=staff_ldap, directory_key="o", is_active=False)
    assert fay.browser.go(f"{LIST}{staff_ldap.pk}/delete/").status == 403
    fay.browser.go(f"{LIST}{staff_ldap.pk}/change/")

    page = fay.browser.follow("Disconnect")
    for line in ("2 people keep their accounts", "1 of them is switched off", "1 group keeps its members"):
        assert line in page
    assert nora.directory == staff_ldap
    fay.browser.save(page_of(staff_ldap))

    stayed = User.objects.get(pk=nora.pk)
    assert (stayed.directory_id, stayed.is_active, stayed.has_password_here) == (None, True, True)
    assert not User.objects.get(username="olaf").is_active
    assert Enrolment.objects.filter(user=nora, confirmed=True).exists()
    assert list(vpn.user_set.all()) == [nora]
    assert not SuggestedNumber.objects.exists()
    said = AuditEvent.objects.get(kind="directory.disconnected").detail
    assert (said["directory"], said["n_people"], said["n_groups"]) == (staff_ldap.name, 2, 1)
    fay.browser.save(f"{LIST}{staff_ldap.pk}/delete/")
    assert not Directory.objects.exists()


def test_a_run_that_waits_is_cancelled(staff_ldap: Directory, nora: User, fay: Person) -> None:
    run = DirectorySync.objects.create(
        directory=staff_ldap, state=DirectorySync.State.READY, made_at=timezone.now(), read_at=timezone.now()
    )

    fay.browser.save(page_of(staff_ldap))

    run.refresh_from_db()
    assert run.state == DirectorySync.State.CANCELLED


def test_refuses_while_it_is_switched_on_or_being_read(staff_ldap: Directory, nora: User, fay: Person) -> None:
    run = DirectorySync.objects.create(directory=staff_ldap, state=DirectorySync.State.READING, made_at=timezone.now())
    assert fay.browser.save(page_of(staff_ldap)).outcomes == {"form:refused"}

    run.delete()
    Directory.objects.update(is_active=True)
    assert fay.browser.save(page_of(staff_ldap)).outcomes == {"form:refused"}
    assert not fay.browser.go(f"{LIST}{staff_ldap.pk}/change/").leads_to(page_of(staff_ldap))

    nora.refresh_from_db()
    assert nora.directory == staff_ldap


def test_refuses_an_administrator_of_one_desk(staff_ldap: Directory, nora: User, clock: Clock) -> None:
    gil = hire("gil", "Administrators")
    Scope.objects.create(desk=gil.user.groups.get()).people.add(Group.objects.create(name="North"))
    gil.sign_in(to="/admin/")

    assert gil.browser.save(page_of(staff_ldap)).outcomes == {"form:refused"}


def test_only_staff_who_may_delete_directories(staff_ldap: Directory, opal: Person) -> None:
    assert opal.browser.go(page_of(staff_ldap)).status == 403

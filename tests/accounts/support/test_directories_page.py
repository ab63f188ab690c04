"""Tests of the admin pages of directories that need no LDAP server."""

import pytest
from django.contrib.auth.models import Group, Permission

from accounts import ldap_directories
from accounts.models import Directory, DirectoryGroup, ScimAccess, User
from accounts.models.directories import DirectoryKind
from tests.every_page.admin_rows import DIRECTORY
from tests.simulated.people import Clock, Person, hire
from verification.models import AuditEvent


@pytest.fixture
def row(db: None, clock: Clock) -> Directory:
    made = Directory(**DIRECTORY, servers=["ldap.example.org"])
    ldap_directories.seal_password(made, "the secret of the account")
    made.save()
    return made


@pytest.fixture
def viewer(row: Directory, clock: Clock) -> Person:
    """Return a member of staff who may see directories and not change them."""
    person = hire("vera", "Auditors")
    person.user.user_permissions.add(_permission("view_directory"))
    person.sign_in(to="/admin/")
    return person


def _permission(codename: str) -> Permission:
    return Permission.objects.get(codename=codename, content_type__app_label="accounts")


def test_is_shown_to_someone_who_may_only_view_it(viewer: Person, row: Directory) -> None:
    """Seen failing: the form asked for fields that a read-only page doesn't have."""
    page = viewer.browser.go(f"/admin/accounts/directory/{row.pk}/change/")

    assert page.status == 200
    assert "ldap.example.org" in page
    assert "the secret of the account" not in page.html
    assert row.sealed_password not in page.html


def test_is_tested_only_by_someone_who_may_change_it(viewer: Person, row: Directory) -> None:
    assert viewer.browser.go(f"/admin/accounts/directory/{row.pk}/test/").status == 403


def test_networks_of_a_token_are_changed_on_their_page(fay: Person) -> None:
    """Seen failing: the page asked only for a reason, and answered it with an error of the server."""
    entra = Directory.objects.create(name="Entra", kind=DirectoryKind.SCIM)
    address = f"/admin/accounts/directory/{entra.pk}/scim/networks/"

    first, second = (
        fay.browser.save(address, networks=networks) for networks in ("192.0.2.0/24", "300.1.1.1\n198.51.100.0/24")
    )

    assert (first.status, second.path) == (200, address)
    assert ScimAccess.objects.get().networks == ["192.0.2.0/24"]
    assert AuditEvent.objects.filter(kind="scim.networks_changed").count() == 1


ADD = "/admin/accounts/directory/add/"


def test_asks_for_the_kind_first_and_then_only_for_what_it_needs(fay: Person) -> None:
    fay.browser.go(ADD)

    ldap = fay.browser.follow("OpenLDAP or similar").form("Add a directory")[0].names()
    fay.browser.go(ADD)
    scim = fay.browser.follow("SCIM, such as Entra ID or Okta").form("Add a directory")[0].names()

    assert {"servers", "person_filter", "account_password"} <= ldap
    assert {"name", "link_by", "invites_people", "reason"} <= scim
    assert not {"servers", "person_filter", "account_password", "max_failures", "kind"} & scim


@pytest.mark.parametrize(
    ("kind", "more", "path"),
    [
        (
            DirectoryKind.ACTIVE_DIRECTORY,
            {"servers": "ad.example.org", "account": "a@example.org", "account_password": "x", "base": "dc=a"},
            "test/",
        ),
        (DirectoryKind.SCIM, {}, "scim/"),
    ],
)
def test_leads_to_the_next_step_after_it_is_added(
    fay: Person, kind: DirectoryKind, more: dict[str, str], path: str
) -> None:
    page = fay.browser.save(f"{ADD}?kind={kind}", name="Staff", **more)

    made = Directory.objects.get()
    assert made.kind == kind
    assert made.username_attribute == ("sAMAccountName" if made.checks_passwords else "")
    assert page.path == f"/admin/accounts/directory/{made.pk}/{path}"


def test_a_kind_that_does_not_exist_is_asked_for_again(fay: Person) -> None:
    page = fay.browser.go(f"{ADD}?kind=nis")

    assert page.status == 200
    assert page.offers("OpenLDAP or similar")


@pytest.mark.parametrize("server", ["[", "[::1", "ldap.example.org:port", "ldap://ldap.example.org"])
def test_names_a_server_that_is_none(fay: Person, server: str) -> None:
    """Seen failing: “[” ended in an error page, because it can't be split into host and port."""
    more = {"account": "a@example.org", "account_password": "x", "base": "dc=a", "encryption": "none"}

    page = fay.browser.save(f"{ADD}?kind={DirectoryKind.ACTIVE_DIRECTORY}", name="Staff", servers=server, **more)

    assert page.status == 200
    assert "servers" in page.refused_fields
    assert f"“{server}”" in page
    assert not Directory.objects.exists()


def test_a_change_cannot_be_saved_as_a_new_directory(fay: Person, row: Directory) -> None:
    """Seen failing: Django takes its own button's name although the page doesn't have it, and the form had no kind."""
    path = f"/admin/accounts/directory/{row.pk}/change/"
    fay.browser.go(path)

    page = fay.browser.send(path, name="Copy", reason="They asked.", _saveasnew="1")

    assert page.status == 400
    assert Directory.objects.count() == 1


@pytest.mark.parametrize("change", [{"servers": "ldap.evil.example"}, {"encryption": "starttls"}, {"account": "cn=b"}])
def test_password_goes_to_other_servers_only_if_it_is_entered_again(
    fay: Person, row: Directory, change: dict[str, str]
) -> None:
    """Seen failing: a server of one's own was sent the stored password, which no page shows (LDAP pass-back)."""
    path, more = f"/admin/accounts/directory/{row.pk}/change/", {"servers": "ldap.example.org"} | change

    page = fay.browser.save(path, **more)

    assert page.refused_fields == {"account_password"}
    kept = Directory.objects.filter(servers=["ldap.example.org"], account=row.account, encryption=row.encryption)
    assert kept.exists()
    fay.browser.save(path, **more, account_password="another one")
    assert not Directory.objects.filter(pk=row.pk, sealed_password=row.sealed_password).exists()


def test_other_changes_keep_the_password(fay: Person, row: Directory) -> None:
    fay.browser.save(f"/admin/accounts/directory/{row.pk}/change/", name="Everyone", servers="ldap.example.org")

    assert Directory.objects.filter(pk=row.pk, name="Everyone", sealed_password=row.sealed_password).exists()


def test_is_deleted_only_once_it_has_neither_people_nor_groups(fay: Person, row: Directory) -> None:
    """Seen failing for groups: an administrator was told that their role can't delete those."""
    address, delete = (f"/admin/accounts/directory/{row.pk}/{verb}/" for verb in ("change", "delete"))
    assert fay.browser.go(address).leads_to(delete)

    sales = DirectoryGroup.objects.create(directory=row, key="sales", group=Group.objects.create(name="Sales"))
    assert not fay.browser.go(address).leads_to(delete)
    sales.delete()
    User.objects.filter(pk=fay.user.pk).update(directory=row)
    assert not fay.browser.go(address).leads_to(delete)

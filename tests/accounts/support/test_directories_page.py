"""Tests of the admin pages of directories that need no LDAP server."""

import pytest
from django.contrib.auth.models import Permission

from accounts import directories
from accounts.models import Directory
from tests.people import Clock, Person, hire
from tests.staff_rows import DIRECTORY


@pytest.fixture
def row(db: None, clock: Clock) -> Directory:
    made = Directory(**DIRECTORY, servers=["ldap.example.org"])
    directories.seal_password(made, "the secret of the account")
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

"""Tests of the roles that `migrate` creates, and of the organisation's changes that it keeps."""

from collections.abc import Mapping
from typing import Any

import pytest
from django.apps.registry import Apps
from django.contrib.auth.models import Group, Permission

from accounts.management import shipped_roles_after_migrate
from accounts.models import ShippedRole
from accounts.models.permissions_of_shipped_roles import ROLES
from accounts.support import staff_groups_and_their_permissions

pytestmark = pytest.mark.django_db

ROLE = "Auditors"
NEW = "accounts.issue_pass"  # a permission that the role does not have


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Patch the roles as a later version would: the role has one more permission at the next `migrate`."""
    changed: Mapping[str, tuple[str, ...]] = {**ROLES, ROLE: (*ROLES[ROLE], NEW)}
    monkeypatch.setattr(shipped_roles_after_migrate, "ROLES", changed)


def rights(name: str = ROLE) -> set[str]:
    return staff_groups_and_their_permissions.rights_of([Group.objects.get(name=name)])


def take_away(right: str) -> None:
    Group.objects.get(name=ROLE).permissions.remove(*staff_groups_and_their_permissions.permissions([right]))


@pytest.mark.parametrize("name", ROLES)
def test_new_database_has_each_role_with_its_permissions(name: str) -> None:
    assert rights(name) == set(ROLES[name])


def test_second_time_asks_once_and_changes_nothing(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        shipped_roles_after_migrate.make_roles()


def test_changed_role_stays_changed() -> None:
    take_away("accounts.view_user")
    Group.objects.get(name=ROLE).permissions.add(
        *staff_groups_and_their_permissions.permissions(["accounts.end_sessions"])
    )

    shipped_roles_after_migrate.make_roles()

    assert rights() == set(ROLES[ROLE]) - {"accounts.view_user"} | {"accounts.end_sessions"}


def test_new_permission_arrives_in_a_changed_role(later: None) -> None:
    take_away("accounts.view_user")

    shipped_roles_after_migrate.make_roles()

    assert rights() == set(ROLES[ROLE]) - {"accounts.view_user"} | {NEW}


def test_new_permission_arrives_only_once(later: None) -> None:
    shipped_roles_after_migrate.make_roles()
    take_away(NEW)

    shipped_roles_after_migrate.make_roles()

    assert NEW not in rights()


def test_new_permission_reaches_a_renamed_role(later: None) -> None:
    Group.objects.filter(name=ROLE).update(name="Revision")

    shipped_roles_after_migrate.make_roles()

    assert NEW in rights("Revision")
    assert not Group.objects.filter(name=ROLE).exists()


def test_deleted_role_is_not_made_again(later: None) -> None:
    Group.objects.get(name=ROLE).delete()

    shipped_roles_after_migrate.make_roles()

    assert not Group.objects.filter(name=ROLE).exists()


def test_group_of_the_organisation_with_the_name_of_a_role_gets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where a later version brings a role under a name that a group there has, and a further one a permission."""
    ShippedRole.objects.filter(name=ROLE).delete()
    Group.objects.get(name=ROLE).permissions.clear()

    shipped_roles_after_migrate.make_roles()
    monkeypatch.setattr(shipped_roles_after_migrate, "ROLES", {**ROLES, ROLE: (*ROLES[ROLE], NEW)})
    shipped_roles_after_migrate.make_roles()

    assert rights() == set()


def test_permission_that_does_not_exist_yet_arrives_when_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where only some apps are migrated."""
    monkeypatch.setattr(shipped_roles_after_migrate, "ROLES", {ROLE: (*ROLES[ROLE], "accounts.to_come")})
    shipped_roles_after_migrate.make_roles()
    content_type = Permission.objects.filter(codename="issue_pass").get().content_type
    Permission.objects.create(codename="to_come", name="to come", content_type=content_type)

    shipped_roles_after_migrate.make_roles()

    assert "accounts.to_come" in rights()


def test_passes_by_while_nothing_is_migrated() -> None:
    ShippedRole.objects.all().delete()

    shipped_roles_after_migrate.make_roles(apps=Apps())

    assert not ShippedRole.objects.exists()

"""Creates the groups of the five staff roles after `migrate`. The organisation may change them.

Which permissions each role has is in `accounts.models.permissions_of_shipped_roles`.
"""

from collections.abc import Collection
from typing import Any

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.db import DEFAULT_DB_ALIAS, transaction

from accounts.models import ShippedRole
from accounts.models.permissions_of_shipped_roles import ROLES
from accounts.support import staff_groups_and_their_permissions
from verification.management.triggers_months_and_first_rows_after_migrate import are_migrated

# The apps whose permissions are in a role.
_LABELS = tuple(sorted({right.partition(".")[0] for rights in ROLES.values() for right in rights}))


def make_roles(*, using: str = DEFAULT_DB_ALIAS, apps: Any = installed, **_more: Any) -> None:
    """Create new roles, and give each role its new permissions. A receiver of `post_migrate`."""
    if not are_migrated(using, apps, ShippedRole, Group, Permission) or _are_made(using=using):
        return
    for label in _LABELS:  # Django makes the permissions of these apps too, but some of them later
        create_permissions(installed.get_app_config(label), verbosity=0, using=using, apps=apps)
    _make(using=using)


def _are_made(*, using: str) -> bool:
    """Return whether a database has had each role with each of its permissions."""
    given = dict(ShippedRole.objects.using(using).values_list("name", "given"))
    return all(set(rights) <= set(given.get(name, ())) for name, rights in ROLES.items())


def _make(*, using: str) -> None:
    """Create the roles that this database never had, and give each role the permissions that it never got.

    What the organisation changed is kept: a permission it removed is not given again, and a role it deleted is not
    created again. If it has a group of its own with a role's name, that group is left alone.
    """
    with transaction.atomic(using=using):
        rows = {row.name: row for row in ShippedRole.objects.using(using)}
        rows |= _first([name for name in ROLES if name not in rows], using=using)
        wanted = {right for rights in ROLES.values() for right in rights}
        found = staff_groups_and_their_permissions.permissions(wanted).using(using)
        known = {f"{one.content_type.app_label}.{one.codename}": one.pk for one in found}
        pairs = []
        for name, rights in ROLES.items():
            row = rows[name]
            new = [right for right in rights if right in known and right not in row.given]
            row.given = [*row.given, *new]
            pairs += [(row.group_id, known[right]) for right in new if row.group_id]
        through = Group.permissions.through.objects.using(using)
        through.bulk_create(
            [through.model(group_id=group, permission_id=permission) for group, permission in pairs],
            ignore_conflicts=True,  # the organisation may have given it already
        )
        ShippedRole.objects.using(using).bulk_update(rows.values(), ["given"])


def _first(names: Collection[str], *, using: str) -> dict[str, ShippedRole]:
    """Create the groups of new roles and remember them. If the name is taken, no group is created."""
    groups = Group.objects.using(using)
    taken = set(groups.filter(name__in=names).values_list("name", flat=True))
    new = groups.bulk_create(Group(name=name) for name in names if name not in taken)
    made = {group.name: group for group in new}
    rows = [ShippedRole(name=name, group=made.get(name)) for name in names]
    return {row.name: row for row in ShippedRole.objects.using(using).bulk_create(rows)}

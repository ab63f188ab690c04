"""Creates the groups of the five staff roles after `migrate`. The organisation may change them.

Which permissions each role has is in `accounts.models.permissions_of_shipped_roles`.
"""

from collections.abc import Collection, Iterable

from django.contrib.auth.models import Group, Permission
from django.db import DEFAULT_DB_ALIAS, transaction
from django.db.models import CharField, QuerySet, Value
from django.db.models.functions import Concat

from accounts.models import ShippedRole
from accounts.models.permissions_of_shipped_roles import ROLES

# Permissions that no role has at first, and that a group may be given.
_MORE = (
    "helpcenter.delete_article",
    "helpcenter.view_version",
    "helpcenter.change_version",
    "helpcenter.delete_version",
    "helpcenter.delete_feedback",
    "helpcenter.delete_miss",
    "helpcenter.delete_contact",
)
# All permissions that the admin pages ask for. The others that Django creates for each table have no effect.
RIGHTS = tuple(dict.fromkeys([right for rights in ROLES.values() for right in rights] + list(_MORE)))


def permissions(rights: Iterable[str]) -> QuerySet[Permission]:
    """Return permissions by their names, such as accounts.view_user."""
    wanted = set(rights)
    named = Permission.objects.alias(
        right=Concat("content_type__app_label", Value("."), "codename", output_field=CharField())
    )
    return named.filter(right__in=wanted).select_related("content_type")


def rights_of(groups: Collection[Group]) -> set[str]:
    """Return the names of the permissions that these groups give."""
    found = Permission.objects.filter(group__in=groups).values_list("content_type__app_label", "codename")
    return {f"{app}.{name}" for app, name in found}


def groups_of_staff() -> QuerySet[Group]:
    """Return the groups that make their members staff: all with permissions. Others only sort people."""
    return Group.objects.filter(permissions__isnull=False).distinct()


# The apps whose permissions are in a role.
LABELS = tuple(sorted({right.partition(".")[0] for rights in ROLES.values() for right in rights}))


def are_made(*, using: str = DEFAULT_DB_ALIAS) -> bool:
    """Return whether a database has had each role with each of its permissions."""
    given = dict(ShippedRole.objects.using(using).values_list("name", "given"))
    return all(set(rights) <= set(given.get(name, ())) for name, rights in ROLES.items())


def make(*, using: str = DEFAULT_DB_ALIAS) -> None:
    """Create the roles that this database never had, and give each role the permissions that it never got.

    What the organisation changed is kept: a permission it removed is not given again, and a role it deleted is not
    created again. If it has a group of its own with a role's name, that group is left alone.
    """
    with transaction.atomic(using=using):
        rows = {row.name: row for row in ShippedRole.objects.using(using)}
        rows |= _first([name for name in ROLES if name not in rows], using=using)
        found = permissions({right for rights in ROLES.values() for right in rights}).using(using)
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

"""Which permissions a group may be given and has, and which groups make their members staff."""

from collections.abc import Collection, Iterable

from django.contrib.auth.models import Group, Permission
from django.db.models import CharField, QuerySet, Value
from django.db.models.functions import Concat

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

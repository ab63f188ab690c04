"""What `migrate` makes of the support desk: the groups of the shipped roles."""

from typing import Any

from django.apps import apps as installed
from django.db import DEFAULT_DB_ALIAS, router

from accounts.support import roles


def make_roles(*, using: str = DEFAULT_DB_ALIAS, apps: Any = installed, **_more: Any) -> None:
    """Make the roles that are new, and give each role the permissions that are new. A receiver of `post_migrate`."""
    try:
        shipped_role = apps.get_model("accounts", "ShippedRole")
    except LookupError:
        return  # not migrated yet, or back to before there were any
    if router.allow_migrate_model(using, shipped_role):
        roles.make(using=using, apps=apps)

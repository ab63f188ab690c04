"""Creates the groups of the shipped roles after `migrate`."""

from typing import Any

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.db import DEFAULT_DB_ALIAS

from accounts.models import ShippedRole
from accounts.support import shipped_roles
from verification.management.triggers_months_and_first_rows_after_migrate import are_migrated


def make_roles(*, using: str = DEFAULT_DB_ALIAS, apps: Any = installed, **_more: Any) -> None:
    """Create new roles, and give each role its new permissions. A receiver of `post_migrate`."""
    if not are_migrated(using, apps, ShippedRole, Group, Permission) or shipped_roles.are_made(using=using):
        return
    for label in shipped_roles.LABELS:  # Django makes the permissions of these apps too, but some of them later
        create_permissions(installed.get_app_config(label), verbosity=0, using=using, apps=apps)
    shipped_roles.make(using=using)

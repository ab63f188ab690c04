"""The last administrator who can sign in is never switched off: who counts as one."""

from datetime import datetime

from django.db.models import QuerySet

from accounts.models import User
from verification import policies

_RIGHT = "give_role"  # with it, anyone can make further administrators


def who_can_sign_in(now: datetime) -> QuerySet[User]:
    """Return the administrators who can sign in: superusers, and those who give roles."""
    by_group = User.groups.through.objects.filter(group__permissions__codename=_RIGHT).values("user_id")
    by_right = User.user_permissions.through.objects.filter(permission__codename=_RIGHT).values("user_id")
    # A union, because PostgreSQL would look at everybody for conditions of three tables that are joined by OR.
    may = User.objects.filter(is_superuser=True).values("pk").union(by_group, by_right)
    return User.objects.filter(policies.can_sign_in(now), pk__in=may)


def pks(now: datetime) -> set[int]:
    """Return their ids."""
    return set(who_can_sign_in(now).values_list("pk", flat=True))

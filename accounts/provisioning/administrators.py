"""Who administers the service. The last one who can sign in is never switched off."""

from datetime import datetime

from django.db.models import Q, QuerySet

from accounts.models import User

_RIGHT = "give_role"  # with it, anyone can make further administrators


def who_can_sign_in(now: datetime) -> QuerySet[User]:
    """Return the administrators who are neither switched off nor blocked: superusers, and those who give roles."""
    may = (
        Q(is_superuser=True)
        | Q(pk__in=User.groups.through.objects.filter(group__permissions__codename=_RIGHT).values("user_id"))
        | Q(pk__in=User.user_permissions.through.objects.filter(permission__codename=_RIGHT).values("user_id"))
    )
    return User.objects.filter(may, Q(blocked_until=None) | Q(blocked_until__lte=now), is_active=True)


def pks(now: datetime) -> set[int]:
    """Return their ids."""
    return set(who_can_sign_in(now).values_list("pk", flat=True))

"""Reads what somebody may do: all their rights, their own and those of their groups, by one statement."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission
from django.db.models import Q


def given(user: Any) -> set[str]:
    """Read the permissions that a person was given, also while the account is switched off."""
    own = user.user_permissions.order_by().values("pk")
    by_group = Permission.objects.filter(group__user=user.pk).order_by().values("pk")
    mine = Permission.objects.filter(Q(pk__in=own) | Q(pk__in=by_group))  # no join may meet all memberships
    names = mine.order_by().values_list("content_type__app_label", "codename")
    return {f"{app}.{code}" for app, code in names}


class RightsBackend(ModelBackend):
    """Django's own, but for the number of statements. Nobody signs in by it: that is `signin.flow`'s matter."""

    def authenticate(self, request: Any, username: str | None = None, password: str | None = None, **more: Any) -> None:
        """Let nobody in by name and password alone."""
        return

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return set()
        if user_obj.is_superuser:
            return super().get_all_permissions(user_obj, obj)
        if not hasattr(user_obj, "_all_rights"):
            user_obj._all_rights = given(user_obj)  # noqa: SLF001  (as Django keeps its own)
        rights: set[str] = user_obj._all_rights  # noqa: SLF001
        return rights

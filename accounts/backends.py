"""Reads what somebody may do: all their rights, their own and those of their groups, by one statement."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission
from django.db.models import Q


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
            own = user_obj.user_permissions.order_by().values("pk")
            given = Permission.objects.filter(group__user=user_obj.pk).order_by().values("pk")
            mine = Permission.objects.filter(Q(pk__in=own) | Q(pk__in=given))  # no join may meet all memberships
            names = mine.order_by().values_list("content_type__app_label", "codename")
            user_obj._all_rights = {f"{app}.{code}" for app, code in names}  # noqa: SLF001  (as Django keeps its own)
        rights: set[str] = user_obj._all_rights  # noqa: SLF001
        return rights

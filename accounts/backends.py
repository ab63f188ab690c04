"""Authentication backend that reads a user, and all their permissions, own and through groups, in a statement each."""

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend

from verification.db.compiled_queries import BindParam, Select

_USER = Select(lambda: get_user_model().objects.filter(pk=BindParam("pk")))


class RightsBackend(ModelBackend):
    """Django's backend with fewer statements. It never signs anyone in: `signin.completing_sign_in` does that."""

    def authenticate(self, request: Any, username: str | None = None, password: str | None = None, **more: Any) -> None:
        """Sign nobody in by username and password alone."""
        return

    def get_user(self, user_id: int) -> Any:
        """Return the user of a session."""
        user = _USER.first(pk=user_id)
        return user if user is not None and self.user_can_authenticate(user) else None

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return set()
        if user_obj.is_superuser:
            return super().get_all_permissions(user_obj, obj)
        rights: set[str] = user_obj.given_permissions
        return rights

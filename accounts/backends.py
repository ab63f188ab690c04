"""Authentication backend that reads all of a user's permissions, own and through groups, in one statement."""

from typing import Any

from django.contrib.auth.backends import ModelBackend


class RightsBackend(ModelBackend):
    """Django's backend with fewer statements. It never signs anyone in: `signin.flow` does that."""

    def authenticate(self, request: Any, username: str | None = None, password: str | None = None, **more: Any) -> None:
        """Sign nobody in by username and password alone."""
        return

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return set()
        if user_obj.is_superuser:
            return super().get_all_permissions(user_obj, obj)
        rights: set[str] = user_obj.given_permissions
        return rights

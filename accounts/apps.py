"""People as a Django app."""

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in


class AccountsConfig(AppConfig):
    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.contrib.auth.models import update_last_login

        # `signin.flow.finish` writes it, with all else that a sign-in writes.
        user_logged_in.disconnect(update_last_login, dispatch_uid="update_last_login")

"""The engine as a Django app."""

from django.apps import AppConfig


class VerificationConfig(AppConfig):
    name = "verification"
    verbose_name = "Two-step verification"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from verification import checks  # noqa: F401  (registers the system checks)

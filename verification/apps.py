"""The engine as a Django app."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class VerificationConfig(AppConfig):
    name = "verification"
    verbose_name = "Two-step verification"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from verification import checks, key_uses  # noqa: F401  (checks registers the system checks)

        post_migrate.connect(key_uses.make_digest_key, sender=self)

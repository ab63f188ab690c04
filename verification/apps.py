"""The Django app of verification."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class VerificationConfig(AppConfig):
    name = "verification"
    verbose_name = "Two-step verification"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from verification import checks, management  # noqa: F401  (checks registers the system checks)

        post_migrate.connect(management.make_months, sender=self)
        post_migrate.connect(management.put_audit_triggers, sender=self)
        post_migrate.connect(management.make_first_rows, sender=self)

"""The Django app of verification."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class VerificationConfig(AppConfig):
    name = "verification"
    verbose_name = "Two-step verification"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from verification import checks  # noqa: F401  (checks registers the system checks)
        from verification.management import triggers_months_and_first_rows_after_migrate

        post_migrate.connect(triggers_months_and_first_rows_after_migrate.make_months, sender=self)
        post_migrate.connect(triggers_months_and_first_rows_after_migrate.put_audit_triggers, sender=self)
        post_migrate.connect(triggers_months_and_first_rows_after_migrate.make_first_rows, sender=self)

"""The Vonage provider as a Django app."""

from django.apps import AppConfig


class VonageConfig(AppConfig):
    name = "verification.delivery.providers.vonage"
    label = "vonage_provider"
    verbose_name = "Vonage"

    def ready(self) -> None:
        from . import checks  # noqa: F401  (registers the system check)

"""The Twilio provider as a Django app."""

from django.apps import AppConfig


class TwilioConfig(AppConfig):
    name = "verification.delivery.providers.twilio"
    label = "twilio_provider"
    verbose_name = "Twilio"

    def ready(self) -> None:
        from . import checks  # noqa: F401  (registers the system check)

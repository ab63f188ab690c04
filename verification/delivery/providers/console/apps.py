"""The console provider as a Django app."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "verification.delivery.providers.console"
    label = "console"
    verbose_name = "Console provider"

    def ready(self) -> None:
        from . import checks  # noqa: F401  (registers the system check)

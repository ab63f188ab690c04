"""The gateway provider as a Django app."""

from django.apps import AppConfig


class GatewayConfig(AppConfig):
    name = "verification.delivery.providers.gateway"
    label = "gateway"
    verbose_name = "HTTP gateway"

    def ready(self) -> None:
        from . import checks  # noqa: F401  (registers the system check)

"""The virtual carrier as a Django app."""

from django.apps import AppConfig


class VirtualConfig(AppConfig):
    name = "verification.delivery.providers.virtual"
    label = "virtual"
    verbose_name = "Virtual phone"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from verification.keys import key_uses

        from . import checks  # noqa: F401  (registers the system check)

        key_uses.declare(key_uses.Derived(purpose="virtual.callback", what="signatures of the virtual phone"))

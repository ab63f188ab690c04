"""The site as a Django app: it brings commands, templates and the checks of the settings."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    """The composing app."""

    name = "mfasite"
    verbose_name = "Two-step verification"

    def ready(self) -> None:
        """Register the system checks."""
        from mfasite import checks  # noqa: F401 - importing registers them, which needs the apps loaded

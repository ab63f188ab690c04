"""The site as a Django app: it brings commands, templates and the checks of the settings; and the site of the admin."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin


class SiteConfig(AppConfig):
    """The composing app."""

    name = "mfasite"
    verbose_name = "Two-step verification"

    def ready(self) -> None:
        """Register the system checks."""
        from mfasite import checks  # noqa: F401 - importing registers them, which needs the apps loaded


class DeskConfig(admin.SimpleAdminConfig):
    """Django's admin behind our own sign-in; what the apps show there is found with the addresses, by the web alone."""

    default = False
    default_site = "accounts.admin_site.VerifiedSite"

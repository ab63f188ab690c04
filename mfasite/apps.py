"""Django app configuration: management commands, templates, system checks and the admin site."""

import gc

from django.apps import AppConfig
from django.contrib.admin import apps as admin


class SiteConfig(AppConfig):
    """The project as an app."""

    name = "mfasite"
    verbose_name = "Two-step verification"

    def ready(self) -> None:
        """Register the system checks, and what each task carries. Make requests and tasks cheap.

        What is loaded is left out of garbage collection. A process exits in half the time, because Python does not
        search all of it once more.
        """
        from mfasite import checks  # noqa: F401  (importing registers them, which needs the apps loaded)
        from mfasite.observability import request_ids
        from verification.db import django_internals
        from verification.delivery import broker

        broker.carry(request_ids.carry)

        django_internals.use_thread_locals()
        gc.freeze()
        gc.enable()


class AdminConfig(admin.SimpleAdminConfig):
    """Django's admin behind our own sign-in. Admin modules are imported with the URLs, so only by the web process."""

    default = False
    default_site = "accounts.admin_site.VerifiedSite"

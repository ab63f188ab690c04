"""A management command that starts without the system checks."""

from django.core.management.base import BaseCommand


class UncheckedCommand(BaseCommand):
    """A command of the demo. All checks load every page, and the web server runs those of settings."""

    requires_system_checks = ()

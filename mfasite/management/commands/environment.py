"""Prints the table of all settings."""

from django.core.management.base import BaseCommand

from mfasite.environment import declared_settings, environment_md
from verification import conf, method_registry


class Command(BaseCommand):
    """All settings of the service, of every method and provider that it ships, and of other installed ones."""

    help = "Print all settings with default, unit and meaning, as Markdown (deploy/environment.md)."
    requires_system_checks: list[str] = []

    def handle(self, **options: object) -> None:
        """Print the table."""
        packages = dict.fromkeys((*declared_settings.ours(), *method_registry.packages(), *conf.providers()))
        self.stdout.write(environment_md.markdown(declared_settings.sections(packages)), ending="")

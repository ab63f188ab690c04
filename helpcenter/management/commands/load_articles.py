"""Brings the shipped articles into the database."""

from typing import Any

from django.core.management.base import BaseCommand

from helpcenter import articles


class Command(BaseCommand):
    """The articles."""

    help = "Load the shipped help articles; what the organisation edited stays. Safe to run at each start."

    def handle(self, *args: Any, **options: Any) -> None:
        """Load them and say what changed."""
        n_new, n_renewed, n_kept = articles.load()
        self.stdout.write(f"{n_new} new, {n_renewed} renewed, {n_kept} left as edited here.")

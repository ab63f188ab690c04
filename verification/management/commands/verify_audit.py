"""Walks the audit chain and names the first place that does not hold."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from verification import audit


class Command(BaseCommand):
    help = "Check that no row of the audit record was changed, removed, put in or reordered."
    requires_system_checks = ()  # a key that is missing is named here, event by event

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--all", action="store_true", help="name every fault, not only the first one")

    def handle(self, *args: Any, **options: Any) -> None:
        n_faults = 0
        for fault in audit.verify():
            n_faults += 1
            self.stderr.write(f"seal {fault.seal or 'none'}, event {fault.ref or '-'}: {fault.text}")
            if not options["all"]:
                break
        if n_faults:
            raise CommandError("The audit record does not hold.")
        n_events, n_seals = audit.size()
        self.stdout.write(f"The audit record holds: {n_events} events, {n_seals} seals.")

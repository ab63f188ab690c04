"""`manage.py verify_audit`: verify the audit log's chain, and name the first event that was tampered with."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from verification import audit


class Command(BaseCommand):
    help = "Check that no event of the audit log was changed, removed, added or reordered."
    requires_system_checks = ()  # this command reports a missing key itself, event by event

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--all", action="store_true", help="report every fault, not only the first")

    def handle(self, *args: Any, **options: Any) -> None:
        n_faults = 0
        for fault in audit.verify():
            n_faults += 1
            self.stderr.write(f"seal {fault.seal or 'none'}, event {fault.ref or '-'}: {fault.text}")
            if not options["all"]:
                break
        if n_faults:
            raise CommandError("The audit log was changed.")
        n_events, n_seals = audit.size()
        self.stdout.write(f"The audit log is intact: {n_events} events, {n_seals} seals.")

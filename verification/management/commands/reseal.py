"""Seals secrets anew under the current key, beside traffic."""

from typing import Any

from django.core.management.base import BaseCommand

from verification import reseal


class Command(BaseCommand):
    help = "Seal numbers and secrets anew under the first key of MFA_KEYS; then older keys may leave the ring."

    def handle(self, *args: Any, **options: Any) -> None:
        for table, count in reseal.run():
            self.stdout.write(f"{table}: {count} rows sealed anew")
        for key_id, count in sorted(reseal.keys_in_use().items()):
            self.stdout.write(f"key {key_id}: {count} values")

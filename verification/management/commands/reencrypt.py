"""Seals secrets again under the current key, beside traffic, and says which keys may leave the ring."""

from typing import Any

from django.core.management.base import BaseCommand

from verification.keys import crypto, key_uses, rotation


class Command(BaseCommand):
    help = "Seal everything again under the first key of MFA_KEYS, and say which of the others may leave the list."
    # It must run where the service refuses to: with a key that is too weak, to be rid of it.
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        for column, count in dict(rotation.run()).items():
            self.stdout.write(f"{column}: {count} sealed again")
        current, needed = crypto.current_key(), key_uses.needed()
        for key_id, by_use in needed.items():
            name = f"key {key_id}" if key_id else "damaged"
            for what, n in by_use.items():
                self.stdout.write(f"{name}: {n} {what}")
            if key_id and key_id not in crypto.key_ids():
                self.stdout.write(f"{name}: is not in MFA_KEYS, so these cannot be opened. Put it back at the end.")
            elif key_id and key_id != current:
                self.stdout.write(f"{name}: {_fate(is_needed=bool(by_use))}")


def _fate(*, is_needed: bool) -> str:
    if is_needed:
        return "is still needed. Run reencrypt again; if that does not help, check_restore names what does not open."
    return "may leave MFA_KEYS, once no process runs that has it as its first key."

"""`manage.py reencrypt`: encrypt all secrets with the current key, and report which old keys can be removed."""

from typing import Any

from django.core.management.base import BaseCommand

from verification.keys import crypto, key_uses, reencryption


class Command(BaseCommand):
    help = "Encrypt all secrets with the first key of MFA_KEYS, and report which of the other keys you can remove."
    # It must run where the service refuses to start, for example to replace a weak key.
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        for column, count in dict(reencryption.run()).items():
            self.stdout.write(f"{column}: {count} encrypted again")
        current, needed = crypto.current_key(), key_uses.needed()
        for key_id, by_use in needed.items():
            name = f"key {key_id}" if key_id else "damaged"
            for what, n in by_use.items():
                self.stdout.write(f"{name}: {n} {what}")
            if key_id and key_id not in crypto.key_ids():
                self.stdout.write(f"{name}: missing from MFA_KEYS, so these can't be decrypted. Add it at the end.")
            elif key_id and key_id != current:
                self.stdout.write(f"{name}: {_fate(is_needed=bool(by_use))}")


def _fate(*, is_needed: bool) -> str:
    if is_needed:
        return (
            "still needed. Run reencrypt again. If that doesn't help, run check_restore to see what can't be decrypted."
        )
    return "can be removed from MFA_KEYS, once no running process has it as its first key."

"""`manage.py replace_signing_keys`: make new keys for OpenID Connect, because someone else may know the old ones."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction
from django.utils import timezone

from verification import audit, jwt_signing_keys
from verification.audit import verification_audit_events
from verification.context import Context


class Command(BaseCommand):
    help = (
        "Replace the keys that sign tokens of OpenID Connect immediately. Use it if someone else may know them; "
        "otherwise they are replaced automatically. Tokens that the former keys signed are refused from now on."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--reason", required=True, help="for the audit log")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        with transaction.atomic():
            made = jwt_signing_keys.replace(now)
            audit.record(
                verification_audit_events.SIGNING_KEYS_REPLACED,
                user_id=None,
                context=Context(now=now),
                reason=options["reason"],
                n_keys=len(made),
            )
        self.stdout.write(f"{len(made)} new keys. Applications read them when they meet a token of an unknown key.")

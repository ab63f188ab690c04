"""Prints the current code of a demo user's authenticator app. Works in the demo only."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.db.models import QuerySet
from django.utils import timezone
from django_otp.oath import TOTP

from verification import method_registry
from verification.command_without_checks import UncheckedCommand
from verification.method_base import ChallengeData
from verification.models import Enrolment
from verification.outcomes import Verdict

STEP = 30  # seconds


class Command(UncheckedCommand):
    """Print the current code of an authenticator app."""

    help = "Print the current code of a demo user's authenticator app. Works in the demo only."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the user."""
        parser.add_argument("name", help="the username: ana, cleo, dev, fay or opal")

    def handle(self, *args: Any, name: str, **options: Any) -> None:
        """Print only the code; on the error stream, how long it is valid."""
        if not settings.DEMO:
            raise CommandError("This command works in the demo only.")
        code, words = self._read(name)
        self.stdout.write(code)
        self.stderr.write(words)

    def _read(self, name: str) -> tuple[str, str]:
        now = timezone.now()
        enrolment = _app(name, now)
        step, gone = divmod(int(now.timestamp()), STEP)
        left = STEP - gone
        if enrolment.counter < step:
            return _code(enrolment.secret, step), f"works for {left} more seconds"
        return _code(enrolment.secret, step + 1), f"the current code has been used; this one works in {left} seconds"


def _app(name: str, now: datetime) -> Enrolment:
    mine: QuerySet[Enrolment] = Enrolment.objects.filter(user__username=name, confirmed=True)
    for enrolment in mine.exclude(sealed_secret="").order_by("created_at"):
        if _is_app(enrolment, now):
            return enrolment
    raise CommandError(f"{name} has no authenticator app. Check the username, and whether the demo is running.")


def _is_app(enrolment: Enrolment, now: datetime) -> bool:
    """Return whether an enrolment is an authenticator app: its method accepts the code, whichever method that is."""
    code = _code(enrolment.secret, int(now.timestamp()) // STEP)
    challenge = ChallengeData(
        reference="", mode="", now=now, code="", match_code="", secret=enrolment.secret, data=enrolment.data
    )
    return method_registry.method(enrolment.method).check(challenge, code).verdict is Verdict.PROVEN


def _code(secret: bytes, step: int) -> str:
    arithmetic = TOTP(secret, STEP)
    arithmetic.time = step * STEP
    return f"{arithmetic.token():06d}"

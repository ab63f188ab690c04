"""`manage.py delivery_selftest`: send a test text and call through each provider, and report what happened."""

import time
from itertools import chain
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from verification import phone_numbers
from verification.delivery import selftest


class Command(BaseCommand):
    """Send test messages. Exits with status 1 if anything failed."""

    help = "Send a test text and a test call through each provider, wait for receipts, and check that callbacks arrive."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", required=True, help="your own number, such as +41791234567")
        parser.add_argument("--user", required=True, help="your username, under which the test is recorded")
        parser.add_argument(
            "--seconds", type=float, default=60.0, help="how many seconds to wait for receipts (default: 60)"
        )

    def handle(self, *args: Any, to: str, user: str, seconds: float, **options: Any) -> None:
        try:
            number = phone_numbers.read(to)
        except phone_numbers.Impossible as error:
            raise CommandError(str(error)) from error
        person = get_user_model().objects.filter(username=user).first()
        if person is None:
            raise CommandError(f"No user is named {user}.")
        sent = selftest.sendings(person, number, seconds=seconds, pause=time.sleep)
        if selftest.tests_nothing():
            raise CommandError(
                "No provider in DELIVERY_PROVIDERS sends texts or calls, so nothing was tested. "
                "/readyz says whether the mail server answers."
            )
        n_bad = 0
        for line in chain(selftest.callbacks(), sent):
            self.stdout.write(f"{'ok    ' if line.is_good else 'FAILED'}  {line.what}: {line.words}")
            self.stdout.flush()
            n_bad += not line.is_good
        if n_bad:
            raise CommandError(f"Failed: {n_bad}.")

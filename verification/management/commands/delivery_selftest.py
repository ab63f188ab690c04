"""Sends one text and one call by each provider, and says what became of them."""

import time
from itertools import chain
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from verification import phone_numbers
from verification.delivery import selftest


class Command(BaseCommand):
    """A trial by an operator. It ends with status 1 when anything failed."""

    help = "Send one text and one call by each provider, wait for receipts, and check that callbacks reach us."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", required=True, help="your own number, such as +41791234567")
        parser.add_argument("--user", required=True, help="your user name, under which the trial is kept")
        parser.add_argument("--seconds", type=float, default=60.0, help="how long to wait for receipts (60)")

    def handle(self, *args: Any, to: str, user: str, seconds: float, **options: Any) -> None:
        try:
            number = phone_numbers.read(to)
        except phone_numbers.Impossible as error:
            raise CommandError(str(error)) from error
        person = get_user_model().objects.filter(username=user).first()
        if person is None:
            raise CommandError(f"There is nobody named {user}.")
        sent = selftest.sendings(person, number, seconds=seconds, pause=time.sleep)
        n_bad = 0
        for line in chain(selftest.callbacks(), sent):
            self.stdout.write(f"{'ok    ' if line.is_good else 'FAILED'}  {line.what}: {line.words}")
            self.stdout.flush()
            n_bad += not line.is_good
        if n_bad:
            raise CommandError(f"{n_bad} of these failed.")

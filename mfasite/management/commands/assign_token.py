"""Assigns a hardware token to a user, who then activates it with a code."""

import base64
import getpass
import sys
from typing import Any, TextIO

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from verification import hardware_token_stock, method_registry
from verification.context import Context
from verification.hardware_token_stock import Seed
from verification.method_base import Draft
from verification.method_capabilities import Stocked
from verification.otp import hardware_token_codes
from verification.otp.hardware_token_codes import Scheme

_MIN_SECRET_BYTES = 16  # Source: RFC 4226, 4 (R6)


class Command(BaseCommand):
    """Assign one token to one user."""

    help = (
        "Assign a hardware token to a person. Its serial number and secret come from the maker's list. "
        "The command asks for the secret, in base32 with or without spaces, or reads it from standard input."
    )
    stealth_options = ("stdin",)

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the user and what the manufacturer says about the token."""
        parser.add_argument("name", help="the person's username")
        parser.add_argument("serial", help="the number on the back of the token")
        parser.add_argument(
            "--kind", choices=("totp", "hotp"), default="totp", help="codes by time (totp) or by counter (hotp)"
        )
        parser.add_argument(
            "--digits", type=int, choices=hardware_token_codes.DIGITS, default=6, help="digits of a code"
        )
        parser.add_argument(
            "--hash",
            choices=tuple(hardware_token_codes.HASHES),
            default="sha1",
            dest="algorithm",
            help="its hash function",
        )
        parser.add_argument("--step", type=int, default=30, help="seconds between codes, 10 to 300")

    def handle(self, *args: Any, name: str, serial: str, **options: Any) -> None:
        """Check the input, and leave the token waiting for its user."""
        kind, digits = options.get("kind", "totp"), options.get("digits", 6)
        algorithm, step = options.get("algorithm", "sha1"), options.get("step", 30)
        if step not in range(10, 301):
            raise CommandError("--step must be 10 to 300 seconds.")
        user = get_user_model().objects.filter(username=name).first()
        if user is None:
            raise CommandError(f"There is no person with the username {name}.")
        method = _method()
        plan = _plan(method, serial, account=name)
        scheme = Scheme(is_counted=kind == "hotp", digits=digits, hash=algorithm, step=step)
        seed = Seed(serial=plan.address, secret=_read(_typed(options.get("stdin") or sys.stdin)), scheme=scheme)
        try:
            hardware_token_stock.bring_in(
                seed, user, Context(now=timezone.now(), agent="manage.py assign_token"), actor_id=None
            )
        except hardware_token_stock.InUse:
            raise CommandError("This token is assigned to somebody else. Take it back first.") from None
        except hardware_token_stock.Retired:
            raise CommandError("This token is retired. Restore it to the stock first.") from None
        except hardware_token_stock.Ended:
            raise CommandError("The manufacturer's file says that this token isn't valid any more.") from None
        self.stdout.write(f"{plan.address} is assigned to {name}, who can now activate it under “Add a method”.")


def _method() -> Stocked:
    found = method_registry.only(Stocked)
    if found is None:
        raise CommandError("No method for hardware tokens is installed. Check VERIFICATION_METHODS.")
    return found


def _plan(method: Stocked, serial: str, *, account: str) -> Draft:
    """Read the serial number as the user's own form will read it."""
    if method.form_class is None:
        raise CommandError(f"{method.label} doesn't have a serial number.")
    form = method.form_class(data={method.address_field: serial})
    if not form.is_valid():
        raise CommandError(f"serial: {' '.join(str(word) for words in form.errors.values() for word in words)}")
    return method.enrol(form.cleaned_data, account=account)


def _typed(stdin: TextIO) -> str:
    """Read the secret. An argument would be in the list of processes and in the shell's history."""
    return getpass.getpass("Secret: ") if stdin.isatty() else stdin.readline()


def _read(secret: str) -> bytes:
    letters = "".join(secret.split()).upper().rstrip("=")
    try:
        found = base64.b32decode(letters + "=" * (-len(letters) % 8))
    except ValueError:
        raise CommandError("The secret isn't base32. Only letters and the digits 2 to 7 are allowed.") from None
    if len(found) < _MIN_SECRET_BYTES:
        words = f"The secret is too short. It needs at least {_MIN_SECRET_BYTES} bytes, which are 26 characters."
        raise CommandError(words)
    return found

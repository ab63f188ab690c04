"""Starts Flower, which shows Celery's workers and queues, behind a password."""

import os

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mfasite import conf

_MIN_PASSWORD_LENGTH = 12  # characters


class Command(BaseCommand):
    """Like `celery -A mfasite flower`, but it does not start without a password."""

    help = "Start Flower, which shows workers and queues. It needs FLOWER_BASIC_AUTH=name:password."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Add address and port."""
        parser.add_argument("--address", default="127.0.0.1", help="the address to listen on (default 127.0.0.1)")
        parser.add_argument("--port", type=int, default=5555, help="the port (default 5555)")

    def handle(self, *, address: str, port: int, **options: object) -> None:
        """Refuse to start without a password; otherwise run Flower."""
        name, colon, password = conf.flower_basic_auth().partition(":")
        if not (name and colon and len(password) >= _MIN_PASSWORD_LENGTH) and not conf.flower_auth_provider():
            raise CommandError(
                f"Flower needs a password. Set FLOWER_BASIC_AUTH=name:password, with a password of "
                f"{_MIN_PASSWORD_LENGTH} or more characters."
            )
        if name:
            os.environ[conf.flower_basic_auth.name] = conf.flower_basic_auth()  # it may have come from a file
        from mfasite.celery import app  # noqa: PLC0415  (it reads the settings)

        where = (f"--address={address}", f"--port={port}", "--db=", "--persistent=False", "--state_save_interval=0")
        app.start(["flower", *where, "--logging=warning"])

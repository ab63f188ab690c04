"""Starts Celery's scheduler without Celery's command line, which loads Flower as well: forty megabytes more."""

import os
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from mfasite import checks, conf


class Command(BaseCommand):
    """Like `celery -A mfasite beat`, with the options that matter here."""

    help = "Start the scheduler, which puts background tasks on their queue when they are due."
    # All checks load every URL, which a scheduler does not need. It runs only those of the keys.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--schedule", default="beat", help="the file in which it stores when each task last ran")
        parser.add_argument("--log-level", default="INFO", type=str.upper, choices=conf.LOG_LEVELS)

    def handle(self, **options: Any) -> None:
        os.environ["CELERY_SKIP_CHECKS"] = "1"  # Celery's own run of all checks loads every URL
        from mfasite.celery import app  # noqa: PLC0415  (what it reads at import must be set first)

        checks.refuse_contradictions(*checks.KEYS)
        app.conf.imports = ()  # it names tasks, and workers have them
        app.Beat(
            schedule=options["schedule"],
            loglevel=options["log_level"],
            pidfile=None,
            quiet=settings.LOG_FORMAT == "json",  # its banner is for people
        ).run()

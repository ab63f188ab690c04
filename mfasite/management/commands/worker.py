"""Starts a Celery worker without Celery's command line, which costs each process ten megabytes or more."""

import os
from typing import Any

from celery.utils.nodenames import gethostname, nodename
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from mfasite import checks, conf
from verification.delivery.broker import HEARTBEAT_INTERVAL, QUEUES

# Workers that send texts and calls alone load only this, no imports, policies or support desk.
_SENDING_TASKS = ("verification.delivery.tasks",)


class Command(BaseCommand):
    """Like `celery -A mfasite worker --pool threads`, with the options that matter here."""

    help = "Start a Celery worker, which sends messages and runs background tasks."
    # All checks load every URL, which a worker does not need. It runs only those of the keys.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", default="worker", help="the worker's name, before @ and the host name")
        parser.add_argument("--threads", type=int, default=32, help="messages sent at the same time (default 32)")
        parser.add_argument("--queues", default=",".join(QUEUES), help="queues, separated by commas (default: all)")
        parser.add_argument("--log-level", default="INFO", type=str.upper, choices=conf.LOG_LEVELS)

    def handle(self, **options: Any) -> None:
        os.environ["CELERY_SKIP_CHECKS"] = "1"
        from mfasite.celery import app  # noqa: PLC0415  (what it reads at import must be set first)

        checks.log_database_error()
        checks.log_unknown_names()
        checks.refuse_contradictions(*checks.KEYS)
        queues = options["queues"].split(",")
        if set(queues) <= set(QUEUES) - {settings.CELERY_TASK_DEFAULT_QUEUE}:
            app.conf.imports = _SENDING_TASKS
        worker = app.Worker(
            hostname=nodename(options["name"], gethostname()),
            pool_cls="threads",
            concurrency=options["threads"],
            queues=queues,
            loglevel=options["log_level"],
            quiet=settings.LOG_FORMAT == "json",  # its banner is for people
            heartbeat_interval=HEARTBEAT_INTERVAL.total_seconds(),
            # Workers need nothing from each other, and starting waits for none.
            without_gossip=True,
            without_mingle=True,
        )
        worker.start()
        if worker.exitcode:
            raise SystemExit(worker.exitcode)

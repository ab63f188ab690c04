"""The Celery application that web and worker processes share; its options stand in the settings."""

import os
from typing import Any

from celery import Celery
from celery.signals import worker_ready, worker_shutting_down

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mfasite.settings")

app = Celery("mfasite")
app.config_from_object("django.conf:settings", namespace="CELERY")


@worker_ready.connect
def _sweep(**_: Any) -> None:
    """Each worker also sends what no wake-up reached: the broker speeds delivery up, but no message depends on it."""
    from verification.delivery import sweeper  # noqa: PLC0415  (its tables exist only once Django is set up)

    stop = sweeper.start()
    worker_shutting_down.connect(lambda **_: stop.set(), weak=False)

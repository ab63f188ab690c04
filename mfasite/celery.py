"""The Celery application of the workers and the scheduler. Web processes don't load it. Options are in the settings."""

import contextlib
import gc
import os
from typing import Any

from celery import Celery
from celery.schedules import crontab
from celery.signals import (
    before_task_publish,
    heartbeat_sent,
    task_prerun,
    worker_init,
    worker_ready,
    worker_shutting_down,
)

from mfasite.observability import request_ids

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mfasite.settings")

app = Celery("mfasite")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.beat_schedule = {
    # Expires before tasks pile up in the queue while no worker runs.
    "housekeeping": {"task": "verification.tasks.housekeeping", "schedule": 5.0, "options": {"expires": 10}},
    "evaluate": {"task": "verification.tasks.evaluate_deliveries", "schedule": 60.0, "options": {"expires": 60}},
    "imports": {"task": "accounts.tasks.imports", "schedule": 5.0, "options": {"expires": 10}},
    "directories": {"task": "accounts.tasks.sync_directories", "schedule": 10.0, "options": {"expires": 20}},
    "logouts": {"task": "accounts.tasks.logouts", "schedule": 5.0, "options": {"expires": 10}},
    "invitations": {"task": "accounts.tasks.remind_of_invitations", "schedule": crontab(minute="*/15")},
    "signing keys": {"task": "accounts.tasks.rotate_signing_keys", "schedule": crontab(hour=2, minute=50)},
    "purge": {"task": "verification.tasks.purge", "schedule": crontab(hour=3, minute=20)},
    "purge people": {"task": "accounts.tasks.purge", "schedule": crontab(hour=3, minute=40)},
    "purge help": {"task": "helpcenter.tasks.purge", "schedule": crontab(hour=3, minute=50)},
}


@before_task_publish.connect
def _carry(headers: dict[str, Any] | None = None, **_: Any) -> None:
    """Pass the request id to the task, for the worker's log."""
    if headers is not None:
        request_ids.carry(headers)


@task_prerun.connect
def _take_up(task: Any = None, kwargs: dict[str, Any] | None = None, **_: Any) -> None:
    request_ids.take_up(str(task.request.get("request_id") or ""), kwargs or {})


@worker_init.connect
def _sweep(**_: Any) -> None:
    """Also send, in each worker, the messages that no task announced, even while the broker is down.

    The broker speeds delivery up, but no message depends on it.
    """
    from verification.delivery import sweeper  # noqa: PLC0415  (its tables exist only once Django is set up)

    stop = sweeper.start()
    worker_shutting_down.connect(lambda **_: stop.set(), weak=False)


@heartbeat_sent.connect
def _show(sender: Any = None, **_: Any) -> None:
    """Tell the broker that this worker is there, so that staff pages and metrics needn't wait for its answer."""
    from verification.delivery import broker  # noqa: PLC0415  (the same)

    with contextlib.suppress(broker.Unreachable):
        broker.seen(sender.eventer.hostname)


@worker_ready.connect
def _freeze(**_: Any) -> None:
    """Spare the garbage collector what was loaded, because all of it stays until the end."""
    gc.collect()
    gc.freeze()

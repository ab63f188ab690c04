"""The Celery application of the workers and the scheduler. Web processes don't load it. Options are in the settings."""

import contextlib
import gc
import os
from typing import Any

from celery import Celery
from celery.signals import (
    before_task_publish,
    heartbeat_sent,
    task_prerun,
    worker_init,
    worker_ready,
    worker_shutting_down,
)
from django.conf import settings

from mfasite import schedule
from mfasite.observability import request_ids

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mfasite.settings")

app = Celery("mfasite")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.beat_schedule = schedule.TIMETABLE


def task_modules() -> list[str]:
    """Return the names of all modules with tasks: each `tasks.py` of our apps, at any depth."""
    base = settings.BASE_DIR
    ours = [base / name for name in settings.INSTALLED_APPS if (base / name).is_dir()]
    files = [file.relative_to(base) for folder in ours for file in folder.rglob("tasks.py")]
    return sorted(".".join(file.with_suffix("").parts) for file in files)


app.conf.imports = task_modules()


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
    from verification.delivery import unsent_message_sweeper  # noqa: PLC0415  (its tables exist only once Django is set up)

    stop = unsent_message_sweeper.start()
    worker_shutting_down.connect(lambda **_: stop.set(), weak=False)


@heartbeat_sent.connect
def _show(sender: Any = None, **_: Any) -> None:
    """Tell the broker that this worker is there, so that staff pages and metrics needn't wait for its answer."""
    from verification.delivery import broker  # noqa: PLC0415  (the same)

    with contextlib.suppress(broker.Unreachable):
        broker.seen(sender.eventer.hostname)


@worker_ready.connect
def _freeze(**_: Any) -> None:
    """Exclude what was loaded from garbage collection, because all of it stays until the end."""
    gc.collect()
    gc.freeze()

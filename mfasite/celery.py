"""The Celery application that web and worker processes share. Its options are in the settings."""

import gc
import os
from typing import Any

from celery import Celery
from celery.signals import before_task_publish, task_prerun, worker_init, worker_ready, worker_shutting_down

from mfasite.observability import request_ids

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mfasite.settings")

app = Celery("mfasite")
app.config_from_object("django.conf:settings", namespace="CELERY")


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


@worker_ready.connect
def _freeze(**_: Any) -> None:
    """Spare the garbage collector what was loaded, because all of it stays until the end."""
    gc.collect()
    gc.freeze()

"""Tests of Celery in the web process: a task is queued, or refused soon enough to send the message another way."""

import socket
import time

import pytest
from celery import Celery
from kombu.exceptions import OperationalError

from mfasite.celery import app


def seconds_until_refused(url: str) -> float:
    """Publish to a broker that is no use, and say how long the refusal took."""
    options = app.conf.broker_transport_options
    start = time.monotonic()
    with Celery(broker=url, broker_transport_options=options, set_as_current=False) as other:
        other.conf.task_publish_retry = app.conf.task_publish_retry
        with pytest.raises(OperationalError):
            other.send_task("verification.delivery.tasks.deliver", kwargs={"message_id": 1}, queue="texts")
    return time.monotonic() - start


def test_is_refused_at_once_when_no_broker_listens() -> None:
    """Seen failing (6 s) without the pauses set to nothing in `CELERY_BROKER_TRANSPORT_OPTIONS`."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))

        assert seconds_until_refused(f"redis://127.0.0.1:{closed.getsockname()[1]}/0") < 1


def test_is_refused_soon_when_a_broker_hangs() -> None:
    """Seen failing (7.6 s) without the pauses set to nothing in `CELERY_BROKER_TRANSPORT_OPTIONS`."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()

        assert seconds_until_refused(f"redis://127.0.0.1:{silent.getsockname()[1]}/0") < 2


def test_keeps_results_of_no_task() -> None:
    assert app.conf.task_ignore_result
    assert app.conf.result_backend is None


def test_takes_only_json() -> None:
    assert app.conf.accept_content == ["json"]
    assert app.conf.task_serializer == "json"


def test_knows_every_task_of_its_clock() -> None:
    app.loader.import_default_modules()

    assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= set(app.tasks)

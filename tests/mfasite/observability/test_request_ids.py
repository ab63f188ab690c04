"""A line of the log says which request and which message it belongs to, in the web and in the worker."""

import json
import logging
import re
import time
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from mfasite.celery import app
from mfasite.demo import child_processes, users_and_password
from mfasite.demo.launcher import Stack
from mfasite.observability import logs, request_ids
from tests.bench.browser import TimedBrowser
from verification.delivery import worker_wake_ups
from verification.models import Channel

pytestmark = pytest.mark.xdist_group("stack")

NAME = "front-door-0001"


def line(text: str, **more: Any) -> dict[str, str]:
    """Format one line of the log."""
    record = logging.LogRecord("here", logging.INFO, "", 0, text, None, more.get("error"))
    found: dict[str, str] = json.loads(logs.Json().format(record))
    return found


def test_line_names_request_and_message_and_masks_the_rest() -> None:
    request_ids.take_up(NAME, {"message_id": 123456})

    said = line("code 483920 for +41 79 555 01 23")

    assert said["text"] == "code [code] for [number]"
    assert (said["request"], said["message"]) == (NAME, "m123456")
    assert set(said) == {"at", "level", "logger", "text", "request", "message"}


def test_error_is_told_masked() -> None:
    try:
        raise ValueError("483920")
    except ValueError as error:
        said = line("it broke", error=(ValueError, error, error.__traceback__))

    assert "ValueError: [code]" in said["error"]


@pytest.mark.parametrize(("proxies", "is_kept"), [(("192.0.2.1",), True), ((), False)])
def test_name_of_a_request_is_believed_of_our_proxy_alone(
    proxies: tuple[str, ...], is_kept: bool, settings: Any, db: None
) -> None:
    settings.TRUSTED_PROXIES = proxies
    client = Client(REMOTE_ADDR="192.0.2.1")

    answer = client.get("/healthz", headers={"X-Request-ID": NAME})

    assert (answer.headers["X-Request-ID"] == NAME) is is_kept


@pytest.mark.parametrize("given", ["", "short", "a b c d e f g h", "x" * 65, "line\nbreak-0001"])
def test_what_is_no_name_is_replaced(given: str) -> None:
    assert len(request_ids.begin(given)) == 16


@pytest.mark.parametrize("name", ["worker", "beat"])
def test_every_line_is_an_object(name: str, tmp_path: Path, stack: Stack) -> None:
    """Of a start without a broker, which both complain of: a banner before it would be none."""
    command = {
        "worker": child_processes.worker("reader", threads=1, queues="calls"),
        "beat": child_processes.beat(tmp_path),
    }[name]
    away = {"LOG_FORMAT": "json", "REDIS_URL": f"redis+socket://{tmp_path}/nobody"}
    with child_processes.crew(tmp_path, {**stack.environment, **away}) as crew:
        child = crew.start(name, command)
        crew.wait("its first line", lambda: child.log.stat().st_size > 0, seconds=20)
        time.sleep(1)
        lines = child.log.read_text().splitlines()  # Celery's own farewell is none

    assert lines
    assert {type(json.loads(line)) for line in lines} == {dict}


def test_wake_up_carries_the_name(broker: str) -> None:
    request_ids.begin(NAME)

    worker_wake_ups.publish(17, Channel.TEXT)

    with app.connection_for_read() as connection:
        box = connection.SimpleQueue("texts")
        assert box.get(block=False).headers["request_id"] == NAME
        box.close()


def test_worker_goes_on_under_the_name_of_the_request(stack: Stack) -> None:
    """Through a real web, broker and worker: the worker's line names the request that asked for the text."""
    browser = TimedBrowser(stack.url, "127.0.0.1")
    browser.get("/sign-in/").expect(200)

    name = browser.post("/sign-in/", username="ana", password=users_and_password.PASSWORD).headers["X-Request-ID"]

    browser.close()
    worker = next(child for child in stack.crew.children if child.name == "worker")
    wanted = re.compile(rf"dispatch: text m(\d+) by virtual: accepted {name} m\1")
    deadline = time.monotonic() + 10
    while not (found := wanted.search(worker.log.read_text())) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert found, worker.log.read_text()[-2000:]

"""Runs the virtual carrier: a process that posts delivery reports and key presses until it is stopped."""

import logging
import signal
import threading
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

import urllib3
from django.core.management.base import CommandParser
from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from verification.command_without_checks import UncheckedCommand
from verification.delivery.providers.virtual import callback_sender, carrier_behaviour
from verification.delivery.providers.virtual.models import PendingCallback

log = logging.getLogger(__name__)

POLL = 0.05  # seconds
POLL_AT_REST = 0.1  # after ten seconds without work
_TIMEOUT = urllib3.Timeout(connect=1.0, read=8.0)

Running = dict[Future[callback_sender.CallbackResponse], PendingCallback]


class Command(UncheckedCommand):
    help = "Send the virtual phone's delivery reports and key presses to the service. For the demo and tests only."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--concurrency", type=int, default=16, help="maximum number of requests at the same time")

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        self.stdout.write("The virtual phone network is running.")
        run(stop, concurrency=options["concurrency"])


def run(stop: threading.Event, *, concurrency: int) -> None:
    """Post until stopped, then finish what was started."""
    post = poster(concurrency)
    running: Running = {}
    worked_at = time.monotonic()
    with ThreadPoolExecutor(concurrency) as pool:
        while not stop.is_set():
            try:
                turn(pool, running, post, free=concurrency - len(running))
            except DatabaseError as error:
                # The demo must keep its carrier even if the database restarts or is busy.
                log.warning("the virtual phone network could not reach the database: %s", type(error).__name__)
                close_old_connections()
                stop.wait(1.0)
            if running:
                worked_at = time.monotonic()
                wait(running, timeout=POLL, return_when=FIRST_COMPLETED)
            else:
                stop.wait(POLL if time.monotonic() - worked_at < 10 else POLL_AT_REST)
    collect(running)


def poster(concurrency: int) -> callback_sender.Post:
    """Return a function that posts over pooled HTTP connections and follows no redirect. A failure answers 0."""
    http = urllib3.PoolManager(maxsize=concurrency, timeout=_TIMEOUT, retries=False)

    def post(address: str, body: bytes, headers: dict[str, str]) -> callback_sender.CallbackResponse:
        try:
            response = http.request("POST", address, body=body, headers=headers, redirect=False)
        except urllib3.exceptions.HTTPError:
            return callback_sender.CallbackResponse(0)
        return callback_sender.CallbackResponse(response.status, response.data)

    return post


def turn(pool: ThreadPoolExecutor, running: Running, post: callback_sender.Post, *, free: int) -> None:
    """Do one round: save responses, do what is due by time, post what is due."""
    collect(running)
    now = timezone.now()
    carrier_behaviour.advance(now)
    busy = [callback.delivery_id for callback in running.values()]
    for callback in callback_sender.due(now=now, limit=max(free, 0), busy=busy) if free else ():
        running[pool.submit(callback_sender.sign_and_post, callback, post)] = callback


def collect(running: Running) -> None:
    """Record the responses that arrived."""
    for future in [future for future in running if future.done()]:
        callback = running[future]
        callback_sender.settle(callback, future.result(), now=timezone.now())
        del running[future]

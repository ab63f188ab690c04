"""Concurrency helpers: many threads, or browsers that share a session, do one thing at the same time."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from copy import deepcopy
from functools import partial
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client

from tests.simulated.http_browser import Page
from tests.simulated.people import Person


class ConcurrentThreads:
    """Threads that do one thing at the same time, each with its own database connection."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._pool = ThreadPoolExecutor(size)
        self._gate = threading.Barrier(size)

    def rush(self, action: Callable[[int], Any]) -> list[Any]:
        def step(number: int) -> Any:
            self._gate.wait()
            return action(number)

        return list(self._pool.map(step, range(self.size)))

    def leave(self) -> None:
        self.rush(lambda _: connections.close_all())
        self._pool.shutdown()


class NoTransaction:
    """Replaces `transaction.atomic` where a test removes a guard: SQLite lets in one transaction at a time."""

    def __enter__(self) -> None: ...
    def __exit__(self, *_: object) -> None: ...


def together(*actions: Callable[[], object]) -> list[object]:
    """Run several functions at the same time, each in its own thread. Return what each returned or raised."""
    start, found = Barrier(len(actions)), dict[int, object]()

    def run(number: int, action: Callable[[], object]) -> None:
        start.wait()
        try:
            found[number] = action()
        except Exception as error:  # noqa: BLE001  (the test names them)
            found[number] = error
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=each) for each in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [found[number] for number in range(len(actions))]


def until_waiting(other: Future[Any]) -> None:
    """Wait until PostgreSQL makes the other thread wait for a row, or until the thread has ended without that."""
    ends_at = time.monotonic() + 10
    with connection.cursor() as cursor:
        while time.monotonic() < ends_at:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if cursor.fetchone()[0] or other.done():
                return
            time.sleep(0.01)
    pytest.fail("The other thread neither waits nor ends.")


def at_once(person: Person, address: str, forms: list[dict[str, str]]) -> list[Page]:
    """Submit several forms at the same time in one session."""

    pages = list[Page]()

    def send(fields: dict[str, str]) -> None:
        client = Client(headers={"User-Agent": "a browser of the tests"}, REMOTE_ADDR="192.0.2.7")
        client.cookies = deepcopy(person.browser.client.cookies)
        pages.append(Page(client.post(address, fields, follow=True)))

    for wrong in filter(None, together(*(partial(send, fields) for fields in forms))):
        assert isinstance(wrong, Exception)
        raise wrong
    return pages

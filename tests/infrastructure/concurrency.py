"""Concurrency helpers: many threads, or browsers that share a session, do one thing at the same time."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import Context
from copy import deepcopy
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client

from tests.simulated.http_browser import Page
from tests.simulated.people import Person

# Threads that wait for work. They keep their connections, as those of a server do: on PostgreSQL a new one costs more
# than most of what the tests do with it, and the threads of a race would meet later, each when it is connected.
_FREE: list[ThreadPoolExecutor] = []


def together(*actions: Callable[[], object]) -> list[Any]:
    """Run several functions at the same time, each in its own thread. Return what each returned or raised."""
    start = Barrier(len(actions))
    threads = [_FREE.pop() if _FREE else ThreadPoolExecutor(1) for _ in actions]

    def run(action: Callable[[], object]) -> object:
        start.wait()
        try:
            return Context().run(action)  # as in a new thread: in no language, for one
        except Exception as error:  # noqa: BLE001  (the test names them)
            return error
        finally:
            if connection.in_atomic_block or (connection.errors_occurred and not connection.is_usable()):
                connection.close()

    done = [thread.submit(run, action) for thread, action in zip(threads, actions, strict=True)]
    wait(done)
    _FREE.extend(reversed(threads))
    return [each.result() for each in done]


class ConcurrentThreads:
    """So many threads that do one thing at the same time."""

    def __init__(self, size: int) -> None:
        self.size = size

    def rush(self, action: Callable[[int], Any]) -> list[Any]:
        """Give each thread its number. Return what each returned."""
        found = together(*(partial(action, number) for number in range(self.size)))
        for wrong in found:
            if isinstance(wrong, Exception):
                raise wrong
        return found


def end_threads() -> None:
    """Close the connections of the threads, which else keep the database from being dropped."""
    while _FREE:
        thread = _FREE.pop()
        thread.submit(connections.close_all).result()
        thread.shutdown()


class NoTransaction:
    """Replaces `transaction.atomic` where a test removes a guard: SQLite lets in one transaction at a time."""

    def __enter__(self) -> None: ...
    def __exit__(self, *_: object) -> None: ...


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

"""Tests of work that web processes do in threads of their own."""

import threading
from functools import partial

import pytest

from verification.background_threads import _MAX_WAITING, BackgroundThreads


def test_more_work_than_a_process_can_hold_is_left_to_others() -> None:
    """Seen failing with tasks of an outbox: without a broker their queue in the process had no end."""
    threads, may_go_on, done = BackgroundThreads("test", lambda: 1), threading.Event(), list[int]()

    def work(n: int) -> None:
        may_go_on.wait(5)
        done.append(n)

    for n in range(_MAX_WAITING + 5):
        threads.run("waiting", partial(work, n))
    may_go_on.set()
    threads._started().shutdown()

    assert done == list(range(_MAX_WAITING))


def test_work_that_fails_is_logged_and_makes_room(caplog: pytest.LogCaptureFixture) -> None:
    """Seen failing: an error other than that of the broker was nowhere to be seen."""
    threads = BackgroundThreads("test", lambda: 1)

    for _ in range(_MAX_WAITING + 5):
        threads.run("sending m7", lambda: 1 / 0)
        threads._started().submit(lambda: None).result(5)
    threads._started().shutdown()

    assert [record.message for record in caplog.records].count("Work in the background failed: sending m7") == (
        _MAX_WAITING + 5
    )


def test_no_threads_do_no_work() -> None:
    BackgroundThreads("test", lambda: 0).run("nothing", pytest.fail)

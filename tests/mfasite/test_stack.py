"""The running service that browser tests and fault tests share."""

import signal

import pytest

from mfasite import processes
from mfasite.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.slow]


def test_is_ready(stack: Stack) -> None:
    assert processes.answers(f"{stack.url}/readyz")


def test_notices_a_broker_that_hangs_within_its_bound(stack: Stack) -> None:
    brokers = [child for child in stack.crew.children if child.name == "broker"]
    for child in brokers:
        child.process.send_signal(signal.SIGSTOP)
    try:
        assert processes.answers(f"{stack.url}/readyz", seconds=1.5) is not bool(brokers)
        assert processes.answers(f"{stack.url}/healthz", seconds=0.5)
    finally:
        for child in brokers:
            child.process.send_signal(signal.SIGCONT)

    stack.crew.wait("the broker", lambda: processes.answers(f"{stack.url}/readyz"), seconds=10)


def test_comes_back_after_its_worker_was_killed(stack: Stack) -> None:
    worker = next(child for child in stack.crew.children if child.name == "worker")
    worker.process.kill()
    stack.crew.stop("worker")

    stack.crew.start("worker", processes.worker())

    prefix = stack.environment["BROKER_PREFIX"]
    stack.crew.wait("The worker", lambda: processes.workers_answer(stack.broker_url, prefix=prefix), seconds=30)

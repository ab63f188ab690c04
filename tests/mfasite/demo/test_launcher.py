"""Tests of the running service that browser tests and fault tests share."""

import signal
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
import urllib3

from mfasite.demo import child_processes, starting_redis
from mfasite.demo.launcher import Stack
from tests.conftest import THEIR_BROKER

pytestmark = [pytest.mark.stack, pytest.mark.slow, pytest.mark.xdist_group("stack")]


def wait_until_ready(stack: Stack) -> None:
    stack.crew.wait("the service", lambda: child_processes.lacks_nothing(stack.url), seconds=20)


def wait_for_a_worker(stack: Stack) -> None:
    prefix = stack.environment["BROKER_PREFIX"]
    stack.crew.wait("The worker", lambda: child_processes.workers_answer(stack.broker_url, prefix=prefix), seconds=30)


def test_is_ready(stack: Stack) -> None:
    wait_until_ready(stack)


def test_takes_a_long_page_to_return_to(stack: Stack) -> None:
    """Seen failing: gunicorn refused a request line of more than 4,094 bytes."""
    wait_until_ready(stack)
    page = "/oauth/authorize/?" + urlencode({"state": "/wiki/page?a=b&c=%20" * 100})

    with urlopen(f"{stack.url}/sign-in/?{urlencode({'next': page})}") as response:  # noqa: S310  (ours)
        assert response.status == 200


def test_lets_no_client_choose_the_prefix_of_links(stack: Stack) -> None:
    """Seen failing: with gunicorn's default, the page was shown, and its links were kept with the prefix."""
    wait_until_ready(stack)

    answer = urllib3.request("GET", f"{stack.url}/x/sign-in/", headers={"SCRIPT_NAME": "/x"}, redirect=False)

    assert answer.status == 404


def test_notices_a_broker_that_hangs_within_its_bound(stack: Stack) -> None:
    brokers = [child for child in stack.crew.children if child.name == "broker"]
    for child in brokers:
        child.process.send_signal(signal.SIGSTOP)
    try:
        assert child_processes.answers(f"{stack.url}/readyz", seconds=1.5), "people still sign in"
        assert child_processes.lacks_nothing(stack.url) is not bool(brokers)
        assert child_processes.answers(f"{stack.url}/healthz", seconds=0.5)
    finally:
        for child in brokers:
            child.process.send_signal(signal.SIGCONT)

    wait_until_ready(stack)


def test_comes_back_after_its_worker_was_killed(stack: Stack) -> None:
    worker = next(child for child in stack.crew.children if child.name == "worker")
    worker.process.kill()
    stack.crew.stop("worker")

    stack.crew.start("worker", child_processes.worker())

    wait_for_a_worker(stack)


if not THEIR_BROKER:  # another one's broker is not ours to restart

    def test_finds_its_broker_again_after_a_restart(stack: Stack) -> None:
        folder = Path(stack.broker_url.removeprefix("redis+socket://")).parent
        stack.crew.stop("broker")

        stack.crew.start("broker", starting_redis.command(folder))

        wait_until_ready(stack)
        wait_for_a_worker(stack)

"""Tests of the command that sends operators a test message, with real processes, and of what it reports."""

import re

import pytest

from mfasite.demo.launcher import Stack
from tests.infrastructure import fresh_process
from tests.simulated.people import ANAS
from verification.models import MessageState

pytestmark = pytest.mark.xdist_group("stack")

COMMAND = ("delivery_selftest", "--user", "opal", "--seconds", "15")


def run_selftest(stack: Stack, *more: str, **environment: str) -> fresh_process.ProcessResult:
    """Run the trial beside a running service."""
    return fresh_process.manage(*COMMAND, *more, **dict(stack.environment) | environment)


def lines(done: fresh_process.ProcessResult) -> list[tuple[str, str, str]]:
    """Return of each line: whether it went well, what was tried, and what came of it."""
    return re.findall(r"^(ok|FAILED) +(.+?): (.+)$", done.stdout, re.MULTILINE)


def test_sends_and_hears_back(stack: Stack) -> None:
    done = run_selftest(stack, "--to", ANAS)

    callbacks, text, call = lines(done)
    assert callbacks[:2] == ("ok", "virtual callbacks")
    assert text[:2] == ("ok", "virtual text")
    assert text[2].startswith(f"{MessageState.DELIVERED.label} ")
    assert call[:2] == ("ok", "virtual call")
    assert call[2].startswith(f"{MessageState.RINGING.label} ")
    assert done.returncode == 0


def test_says_that_callbacks_do_not_reach_us(stack: Stack) -> None:
    done = run_selftest(stack, "--to", ANAS, "--seconds", "2", PUBLIC_URL="http://127.0.0.1:9")

    callbacks = lines(done)[0]
    assert callbacks[:2] == ("FAILED", "virtual callbacks")
    assert "http://127.0.0.1:9/callbacks/virtual/receipt/selftest/" in callbacks[2]
    assert done.returncode == 1


def test_asks_nothing_of_a_provider_that_only_mails(stack: Stack) -> None:
    done = run_selftest(stack, "--to", ANAS, DELIVERY_PROVIDERS="virtual,smtp")

    assert "virtual callbacks" in done.stdout
    assert "smtp" not in done.stdout


def test_says_that_there_is_nothing_to_test(stack: Stack) -> None:
    """Seen failing: with emails only, the command ended well and said nothing."""
    done = run_selftest(stack, "--to", ANAS, DELIVERY_PROVIDERS="smtp")

    assert lines(done) == []
    assert "DELIVERY_PROVIDERS" in done.stderr
    assert done.returncode == 1


@pytest.mark.parametrize(
    ("more", "named"), [(["--to", "12"], "too short"), (["--to", ANAS, "--user", "nobody"], "nobody")]
)
def test_says_what_to_change(stack: Stack, more: list[str], named: str) -> None:
    done = run_selftest(stack, *more)

    assert named in done.stderr
    assert "Traceback" not in done.stderr
    assert done.returncode == 1

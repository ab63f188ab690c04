"""What an operator is told of a trial: with real processes, and when things are wrong."""

import pytest

from mfasite.demo.launcher import Stack
from tests.infrastructure import fresh_process
from tests.simulated.people import ANAS

pytestmark = pytest.mark.xdist_group("stack")

COMMAND = ("delivery_selftest", "--user", "opal", "--seconds", "15")


def run(stack: Stack, *more: str, **environment: str) -> fresh_process.Ended:
    """Run the trial beside a running service."""
    return fresh_process.manage(*COMMAND, *more, **dict(stack.environment) | environment)


def test_sends_and_hears_back(stack: Stack) -> None:
    done = run(stack, "--to", ANAS)

    lines = done.stdout.splitlines()
    assert lines[0] == "ok      virtual callbacks: reach us"
    assert lines[1].startswith("ok      virtual text: delivered after ")
    assert lines[2].startswith("ok      virtual call: ringing after ")
    assert done.returncode == 0


def test_says_that_callbacks_do_not_reach_us(stack: Stack) -> None:
    done = run(stack, "--to", ANAS, "--seconds", "2", PUBLIC_URL="http://127.0.0.1:9")

    assert "FAILED  virtual callbacks: http://127.0.0.1:9/callbacks/virtual/receipt/selftest/ cannot be" in done.stdout
    assert done.returncode == 1


def test_asks_nothing_of_a_provider_that_only_mails(stack: Stack) -> None:
    done = run(stack, "--to", ANAS, DELIVERY_PROVIDERS="virtual,smtp")

    assert "virtual callbacks" in done.stdout
    assert "smtp" not in done.stdout


def test_says_that_there_is_nothing_to_test(stack: Stack) -> None:
    """Seen failing: with emails only, the command ended well and said nothing."""
    done = run(stack, "--to", ANAS, DELIVERY_PROVIDERS="smtp")

    assert "nothing was tested" in done.stderr
    assert done.returncode == 1


@pytest.mark.parametrize(
    ("more", "words"), [(["--to", "12"], "too short"), (["--to", ANAS, "--user", "nobody"], "No user is named nobody")]
)
def test_says_what_to_change(stack: Stack, more: list[str], words: str) -> None:
    done = run(stack, *more)

    assert words in done.stderr
    assert "Traceback" not in done.stderr

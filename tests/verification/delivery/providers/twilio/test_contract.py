"""What we send fits what Twilio publishes of its API: its own description, answered by Prism on loopback.

Runs where TWILIO_OPENAPI names the description (twilio_api_v2010.json of github.com/twilio/twilio-oai). PRISM may name
the program that plays it; without, npx fetches it from npm.
"""

import os
import shlex
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import pytest
import urllib3

from tests.simulated.fake_carrier import ACCOUNT, TOKEN
from tests.verification.delivery.providers.twilio.conftest import outgoing
from verification.delivery.providers.twilio import provider as module
from verification.delivery.providers.twilio.provider import provider
from verification.models import Channel

DESCRIPTION = os.environ.get("TWILIO_OPENAPI", "")
PRISM = os.environ.get("PRISM") or "npx --yes @stoplight/prism-cli@5.16.0"
pytestmark = [
    pytest.mark.description,
    pytest.mark.skipif(not DESCRIPTION, reason="TWILIO_OPENAPI does not name Twilio's own description"),
]


@pytest.fixture(scope="module")
def prism() -> Iterator[str]:
    """Let Prism play Twilio."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [*shlex.split(PRISM), "mock", "--host", "127.0.0.1", "--port", str(port), DESCRIPTION]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=quiet, stderr=quiet, start_new_session=True) as process:
        try:
            _wait(f"http://127.0.0.1:{port}")
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(process.pid, signal.SIGTERM)  # npx and what it started
            process.wait(10)


def _wait(url: str) -> None:
    until = time.monotonic() + 180  # npx may have to fetch it first
    while time.monotonic() < until:
        try:
            urllib3.request("GET", url, retries=False, timeout=1.0)
        except urllib3.exceptions.HTTPError:
            time.sleep(0.2)
        else:
            return
    raise AssertionError("Prism did not start")


@pytest.fixture(autouse=True)
def account(prism: str, settings: Any) -> None:
    settings.TWILIO_ACCOUNT_SID = ACCOUNT
    settings.TWILIO_AUTH_TOKENS = (TOKEN,)
    settings.TWILIO_SENDERS = {"*": "+15005550006"}
    settings.TWILIO_BASE_URL = prism


def test_text_fits_the_description() -> None:
    assert len(provider.send(outgoing())) == 34


def test_text_by_a_messaging_service_fits_it(settings: Any) -> None:
    settings.TWILIO_MESSAGING_SERVICE_SID = "MG" + "2" * 32

    assert len(provider.send(outgoing())) == 34


def test_call_fits_the_description_of_twilio(monkeypatch: pytest.MonkeyPatch) -> None:
    """Prism reads no repeated form field as a list, which Twilio wants for the events: one is sent here."""
    whole = module._call
    monkeypatch.setattr(
        module, "_call", lambda message: {k: v for k, v in whole(message).items() if k != "status_callback_event"}
    )

    assert len(provider.send(outgoing(Channel.CALL))) == 34


def test_account_is_asked_for_its_state() -> None:
    assert provider.probe() in {True, False}

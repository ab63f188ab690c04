"""Tests of the console provider: it prints messages in the terminal, and refuses every callback."""

from datetime import UTC, datetime

import pytest
from pytest_django import Settings

from verification.delivery.provider_interface import Callback, Forged, Outgoing
from verification.delivery.providers.console import checks
from verification.delivery.providers.console.provider import provider
from verification.models.messages import Channel

MESSAGE = Outgoing(
    id="0" * 32,
    kind=Channel.CALL,
    to="+41445550167",
    extension="12",
    words="Hello.\nPress the hash key.",
    language="en",
    request_reference="K4",
    useful_until=datetime(2026, 1, 1, 12, 5, tzinfo=UTC),
    receipt_url="",
    keys_url="",
)


@pytest.mark.parametrize("kind", list(Channel))
def test_takes_every_kind(kind: Channel) -> None:
    assert kind in provider.kinds
    assert provider.probe()


def test_writes_one_readable_block_past_the_log(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    reference = provider.send(MESSAGE)

    shown = capsys.readouterr().err
    assert reference.startswith("console-")
    assert all(words in shown for words in ("+41445550167 extension 12", "request K4", "  Press the hash key."))
    assert not caplog.records


def test_refuses_every_callback() -> None:
    with pytest.raises(Forged):
        provider.parse(Callback(url="", headers={}, body=b"{}", event="receipt", message_id="0" * 32))


def test_refuses_production(settings: Settings) -> None:
    settings.DEMO = False

    assert [error.id for error in checks.only_in_the_demo(None)] == ["console.E001"]

"""Tests of the sender that a message names."""

import pytest
from pytest_django import Settings

from verification.delivery.conf import sender_and_voice_formats
from verification.delivery.providers.twilio import checks as twilio_checks
from verification.delivery.providers.twilio import conf as twilio
from verification.delivery.providers.vonage import conf as vonage

TEXTS = {"CH": "+41445550100", "US": "12345", "*": "Example"}


def call_senders(provider: str) -> dict[str, str]:
    return twilio.read().call_senders if provider == "TWILIO" else vonage.read().call_senders


@pytest.mark.parametrize("provider", ["TWILIO", "VONAGE"])
def test_calls_come_from_numbers_only(settings: Settings, provider: str) -> None:
    """A name or a short code that sends texts would be refused as a caller, call by call."""
    setattr(settings, f"{provider}_SENDERS", TEXTS)
    setattr(settings, f"{provider}_CALL_SENDERS", {})

    assert call_senders(provider) == {"CH": "+41445550100"}

    setattr(settings, f"{provider}_CALL_SENDERS", {"*": "+15005550006"})
    assert call_senders(provider) == {"*": "+15005550006"}


def test_says_before_the_start_that_no_number_can_call(settings: Settings) -> None:
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKENS = "AC1", ("token",)
    settings.TWILIO_SENDERS, settings.TWILIO_CALL_SENDERS = {"*": "Example"}, {}

    assert "TWILIO_CALL_SENDERS" in twilio_checks.is_complete(None)[0].msg


def test_gives_no_number_of_a_name() -> None:
    assert sender_and_voice_formats.numbers_of({"*": "Example"}) == {}

"""Tests of the Twilio provider: what it sends, and what responses mean."""

from datetime import UTC, datetime
from typing import Any

import pytest
import urllib3

from tests.simulated.fake_carrier import ACCOUNT, CarrierResponse, FakeCarrier
from tests.verification.delivery.providers.twilio.conftest import ID, outgoing
from verification.delivery import provider_http
from verification.delivery.provider_interface import ResponseLost, SendRefused
from verification.delivery.providers.twilio.provider import provider
from verification.models import Channel, FailureReason


def test_text_goes_out_with_its_callback_and_its_end(twilio: FakeCarrier) -> None:
    reference = provider.send(outgoing())

    sent = twilio.newest
    assert reference.startswith("SM")
    assert sent["path"] == f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    assert sent["auth"].startswith("Basic ")
    fields = {name: values[0] for name, values in sent["fields"].items()}
    assert (fields["To"], fields["From"]) == ("+41795550123", "+41445550100")
    assert fields["Body"] == "482917 is your code."
    assert fields["StatusCallback"].endswith(f"/receipt/{ID}/")
    assert 290 <= int(fields["ValidityPeriod"]) <= 300


def test_messaging_service_takes_the_place_of_a_sender(twilio: FakeCarrier, settings: Any) -> None:
    settings.TWILIO_MESSAGING_SERVICE_SID = "MG" + "2" * 32

    provider.send(outgoing())

    assert twilio.newest["fields"]["MessagingServiceSid"] == ["MG" + "2" * 32]
    assert "From" not in twilio.newest["fields"]


def test_sender_is_chosen_by_the_country(twilio: FakeCarrier) -> None:
    provider.send(outgoing(to="+447400123456"))

    assert twilio.newest["fields"]["From"] == ["+15005550006"]


def test_country_without_a_sender_is_refused_unsent(twilio: FakeCarrier, settings: Any) -> None:
    settings.TWILIO_SENDERS = {"CH": "+41445550100"}

    with pytest.raises(SendRefused) as refusal:
        provider.send(outgoing(to="+447400123456"))

    assert refusal.value.reason == FailureReason.COUNTRY_NOT_ALLOWED
    assert not twilio.requests


def test_call_asks_for_keys_and_has_no_code_in_any_address(twilio: FakeCarrier) -> None:
    reference = provider.send(outgoing(Channel.CALL, words="Hello. Press the hash key.", extension="1,2"))

    fields = twilio.newest["fields"]
    assert reference.startswith("CA")
    assert fields["StatusCallbackEvent"] == ["initiated", "ringing", "answered", "completed"]
    assert fields["SendDigits"] == ["ww1w2"]
    assert fields["MachineDetection"] == ["Enable"]
    twiml = fields["Twiml"][0]
    assert twiml.count("<Gather") == 2
    assert 'finishOnKey="#"' in twiml
    assert f"/keys/{ID}/?language=en" in twiml
    assert '<Say language="en-GB">Hello. Press the hash key.</Say>' in twiml


def test_speaks_the_person_s_language_with_the_voice_that_is_set(twilio: FakeCarrier) -> None:
    provider.send(outgoing(Channel.CALL, language="de"))

    assert '<Say language="de-DE" voice="Polly.Vicki">' in twilio.newest["fields"]["Twiml"][0]


@pytest.mark.parametrize(
    ("status", "code", "reason", "permanent"),
    [
        (400, 21211, FailureReason.INVALID_NUMBER, True),
        (400, 21614, FailureReason.LANDLINE, True),
        (400, 21610, FailureReason.OPTED_OUT, True),
        (400, 21408, FailureReason.COUNTRY_NOT_ALLOWED, False),
        (400, 21612, FailureReason.UNREACHABLE, False),
        (401, 20003, FailureReason.PROVIDER_DOWN, False),
        (400, 20005, FailureReason.PROVIDER_DOWN, False),
        (404, 20404, FailureReason.PROVIDER_DOWN, False),
        (400, 21212, FailureReason.PROVIDER_DOWN, False),
        (400, 21608, FailureReason.PROVIDER_DOWN, False),
        (400, 21659, FailureReason.PROVIDER_DOWN, False),
        (400, 21660, FailureReason.PROVIDER_DOWN, False),
        (400, 21705, FailureReason.PROVIDER_DOWN, False),
        (403, 0, FailureReason.PROVIDER_DOWN, False),
        (400, 99999, FailureReason.UNKNOWN, False),
        (429, 20429, FailureReason.RATE_LIMITED, False),
        (429, 0, FailureReason.RATE_LIMITED, False),
    ],
)
def test_refusals_mean_that_nothing_was_sent(
    status: int, code: int, reason: FailureReason, permanent: bool, twilio: FakeCarrier
) -> None:
    twilio.answer = CarrierResponse(status=status, code=code)

    with pytest.raises(SendRefused) as refusal:
        provider.send(outgoing())

    assert (refusal.value.reason, refusal.value.permanent) == (reason, permanent)
    assert refusal.value.code == (f"http-{status}" if status == 429 or not code else str(code))


@pytest.mark.parametrize(
    "answer",
    [
        CarrierResponse(status=500),
        CarrierResponse(status=503),
        CarrierResponse(status=502, body=b"<html>bad gateway"),
        CarrierResponse(hangs_up=True),
        CarrierResponse(status=201, body=b"garbage"),
        CarrierResponse(status=201, body=b"[]"),
    ],
)
def test_response_that_leaves_the_result_open_is_lost(answer: CarrierResponse, twilio: FakeCarrier) -> None:
    twilio.answer = answer

    with pytest.raises(ResponseLost):
        provider.send(outgoing())

    assert len(twilio.requests) == 1


def test_no_answer_in_time_is_lost(twilio: FakeCarrier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provider_http, "_TIMEOUT", urllib3.Timeout(connect=0.2, read=0.1))
    for cached in (provider_http._place, provider_http._pools):
        cached.cache_clear()
    twilio.answer = CarrierResponse(seconds=0.4)

    with pytest.raises(ResponseLost):
        provider.send(outgoing())

    for cached in (provider_http._place, provider_http._pools):
        cached.cache_clear()


def test_closed_port_is_a_refusal(twilio: FakeCarrier, settings: Any) -> None:
    settings.TWILIO_BASE_URL = "http://127.0.0.1:9"

    with pytest.raises(SendRefused) as refusal:
        provider.send(outgoing())

    assert refusal.value.reason == FailureReason.PROVIDER_DOWN


def test_text_that_is_nearly_too_old_lives_a_second(twilio: FakeCarrier) -> None:
    provider.send(outgoing(useful_until=datetime(2020, 1, 1, tzinfo=UTC)))

    assert twilio.newest["fields"]["ValidityPeriod"] == ["1"]


def test_keeps_its_connection(twilio: FakeCarrier) -> None:
    for _ in range(5):
        provider.send(outgoing())

    pool = provider_http._pools().connection_from_url(twilio.url)
    assert pool.num_connections == 1


def test_probe_asks_the_account(twilio: FakeCarrier, settings: Any) -> None:
    assert provider.probe()

    settings.TWILIO_BASE_URL = "http://127.0.0.1:9"
    assert not provider.probe()


def test_without_an_account_it_carries_nothing(settings: Any) -> None:
    settings.TWILIO_ACCOUNT_SID = ""

    with pytest.raises(SendRefused):
        provider.send(outgoing())

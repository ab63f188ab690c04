"""Tests of the Vonage provider: what it sends, what responses mean, and which callbacks are accepted."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.utils import timezone

from tests.simulated.fake_carrier import APPLICATION, CarrierResponse, FakeCarrier, private_key
from tests.verification.delivery.providers.vonage.callback_addresses import ID, KEYS_URL, URL
from verification.delivery import provider_http
from verification.delivery.provider_interface import Outgoing, ResponseLost, SendRefused
from verification.delivery.providers.vonage import checks
from verification.delivery.providers.vonage.provider import provider
from verification.models import Channel, FailureReason


def outgoing(kind: Channel = Channel.TEXT, **more: Any) -> Outgoing:
    values: dict[str, Any] = {
        "id": ID,
        "kind": kind,
        "to": "+41795550123",
        "words": "482917 is your code.",
        "language": "en",
        "useful_until": timezone.now() + timedelta(minutes=5),
        "receipt_url": URL,
        "keys_url": KEYS_URL,
    }
    return Outgoing(**values | more)


def problem(code: int, **more: Any) -> bytes:
    kind = f"https://developer.vonage.com/api-errors/messages#{code}"
    return json.dumps({"type": kind, "title": "Rejected", "detail": "no", "instance": "x", **more}).encode()


# Sending -------------------------------------------------------------------------------------------------------


def test_text_goes_out_with_its_callback_and_its_end(vonage: FakeCarrier) -> None:
    reference = provider.send(outgoing())

    sent = vonage.newest
    assert reference.startswith("SM")
    assert sent["path"] == "/v1/messages"
    fields = sent["fields"]
    assert 290 <= fields.pop("ttl") <= 300
    assert fields == {
        "channel": "sms",
        "message_type": "text",
        "to": "41795550123",
        "from": "41445550100",
        "text": "482917 is your code.",
        "client_ref": ID,
        "webhook_url": URL,
        "webhook_version": "v1",
    }


def test_signs_in_by_the_key_of_the_application_once_for_many_messages(vonage: FakeCarrier) -> None:
    for _ in range(3):
        provider.send(outgoing())

    tokens = {sent["auth"].removeprefix("Bearer ") for sent in vonage.requests}
    public = load_pem_private_key(private_key().encode(), password=None).public_key()
    claims = jwt.decode(tokens.pop(), public, algorithms=["RS256"])  # type: ignore[arg-type]  # it is one of RSA
    assert claims["application_id"] == APPLICATION
    assert not tokens


def test_sender_is_chosen_by_the_country_or_the_route(vonage: FakeCarrier) -> None:
    provider.send(outgoing(to="+447400123456"))
    provider.send(outgoing(sender="+41445550199"))

    assert [sent["fields"]["from"] for sent in vonage.requests] == ["Example", "41445550199"]


def test_country_without_a_sender_is_refused_unsent(vonage: FakeCarrier, settings: Any) -> None:
    settings.VONAGE_SENDERS = {"CH": "+41445550100"}

    with pytest.raises(SendRefused) as refusal:
        provider.send(outgoing(to="+447400123456"))

    assert refusal.value.reason == FailureReason.COUNTRY_NOT_ALLOWED
    assert not vonage.requests


@pytest.mark.parametrize("left", [datetime(2020, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)])
def test_life_stays_within_what_vonage_takes(left: datetime, vonage: FakeCarrier) -> None:
    provider.send(outgoing(useful_until=left))

    assert vonage.newest["fields"]["ttl"] in {20, 604_800}


def test_call_asks_twice_for_keys_and_has_no_code_in_any_address(vonage: FakeCarrier) -> None:
    reference = provider.send(outgoing(Channel.CALL, words="Hello. Press the hash key.", extension="1,2"))

    fields = vonage.newest["fields"]
    assert reference.startswith("CA")
    assert vonage.newest["path"] == "/v1/calls"
    assert fields["to"] == [{"type": "phone", "number": "41795550123", "dtmfAnswer": "pp1p2"}]
    assert fields["from"] == {"type": "phone", "number": "41445550100"}
    assert (fields["event_url"], fields["machine_detection"]) == ([URL], "continue")
    talk, keys, *again = fields["ncco"]
    assert talk == {"action": "talk", "text": "Hello. Press the hash key.", "bargeIn": True, "language": "en-GB"}
    assert keys == {
        "action": "input",
        "type": ["dtmf"],
        "dtmf": {"timeOut": 6, "maxDigits": 8, "submitOnHash": True},
        "eventUrl": [f"{KEYS_URL}?language=en"],
        "eventMethod": "POST",
    }
    assert again == [talk, keys]


def test_speaks_the_person_s_language_in_the_style_that_is_set(vonage: FakeCarrier) -> None:
    provider.send(outgoing(Channel.CALL, language="de"))

    talk = vonage.newest["fields"]["ncco"][0]
    assert (talk["language"], talk["style"]) == ("de-DE", 1)


@pytest.mark.parametrize(
    ("status", "body", "reason", "permanent"),
    [
        (422, problem(1170), FailureReason.INVALID_NUMBER, True),
        (422, problem(0, invalid_parameters=[{"name": "to", "reason": "no"}]), FailureReason.INVALID_NUMBER, True),
        (400, problem(0, invalid_parameters=[{"name": "to[0].number"}]), FailureReason.INVALID_NUMBER, True),
        (422, problem(0, invalid_parameters=[{"name": "from", "reason": "no"}]), FailureReason.UNKNOWN, False),
        (403, problem(1240), FailureReason.OPTED_OUT, True),
        (403, problem(1050), FailureReason.BLOCKED, False),
        (402, problem(1070), FailureReason.PROVIDER_DOWN, False),
        (401, b"{}", FailureReason.PROVIDER_DOWN, False),
        (400, b"<html>", FailureReason.UNKNOWN, False),
        (400, b"[]", FailureReason.UNKNOWN, False),
        (429, problem(1010), FailureReason.RATE_LIMITED, False),
    ],
)
@pytest.mark.parametrize("kind", [Channel.TEXT, Channel.CALL])
def test_refusals_mean_that_nothing_was_sent(
    kind: Channel, status: int, body: bytes, reason: FailureReason, permanent: bool, vonage: FakeCarrier
) -> None:
    vonage.answer = CarrierResponse(status=status, body=body)

    with pytest.raises(SendRefused) as refusal:
        provider.send(outgoing(kind))

    assert (refusal.value.reason, refusal.value.permanent) == (reason, permanent)


def test_being_asked_to_wait_says_how_long(vonage: FakeCarrier) -> None:
    vonage.answer = CarrierResponse(status=429, body=b"{}", retry_after="20")

    with pytest.raises(SendRefused) as refusal:
        provider.send(outgoing())

    assert refusal.value.after == timedelta(seconds=20)


@pytest.mark.parametrize(
    "answer",
    [
        CarrierResponse(status=500),
        CarrierResponse(status=503, body=b"<html>"),
        CarrierResponse(hangs_up=True),
        CarrierResponse(status=202, body=b"garbage"),
        CarrierResponse(status=202, body=b"{}"),
        CarrierResponse(status=202, body=b"[1]"),
        CarrierResponse(status=202, body=b"null"),
    ],
)
@pytest.mark.parametrize("kind", [Channel.TEXT, Channel.CALL])
def test_response_that_leaves_the_result_open_is_lost_and_asked_once(
    kind: Channel, answer: CarrierResponse, vonage: FakeCarrier
) -> None:
    """The library's own client would ask up to ten times where a line is cut."""
    vonage.answer = answer

    with pytest.raises(ResponseLost):
        provider.send(outgoing(kind))

    assert len(vonage.requests) == 1


def test_closed_port_is_a_refusal(vonage: FakeCarrier, settings: Any) -> None:
    settings.VONAGE_BASE_URL = "http://127.0.0.1:9"

    with pytest.raises(SendRefused) as refusal:
        provider.send(outgoing())

    assert refusal.value.reason == FailureReason.PROVIDER_DOWN


def test_what_cannot_be_said_is_refused_unsent(vonage: FakeCarrier) -> None:
    with pytest.raises(SendRefused):
        provider.send(outgoing(words="x" * 3201))

    assert not vonage.requests


def test_keeps_its_connection(vonage: FakeCarrier) -> None:
    for _ in range(5):
        provider.send(outgoing())

    assert provider_http._pools().connection_from_url(vonage.url).num_connections == 1


def test_probe_asks_whether_the_application_may_speak(vonage: FakeCarrier, settings: Any) -> None:
    assert provider.probe()

    vonage.answer = CarrierResponse(status=401)
    assert not provider.probe()

    settings.VONAGE_BASE_URL = "http://127.0.0.1:9"
    assert not provider.probe()


def test_without_an_application_it_carries_nothing(vonage: FakeCarrier, settings: Any) -> None:
    settings.VONAGE_APPLICATION_ID = ""

    with pytest.raises(SendRefused):
        provider.send(outgoing())

    assert not provider.probe()


# Checks --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "ids"),
    [
        ({}, []),
        ({"APPLICATION_ID": ""}, ["vonage.E001"]),
        ({"SENDERS": {}, "CALL_SENDERS": {}}, ["vonage.E001"]),
        ({"PRIVATE_KEY": "-----BEGIN PRIVATE KEY-----\nnone\n-----END PRIVATE KEY-----"}, ["vonage.E002"]),
        ({"SIGNATURE_SECRETS": ("short",)}, ["vonage.E003"]),
        ({"SIGNATURE_SECRETS": ()}, ["vonage.E001"]),
        ({"VOICES": {"de": "Vicki"}}, ["vonage.E004"]),
    ],
)
def test_check_names_what_is_wrong(more: dict[str, Any], ids: list[str], vonage: FakeCarrier, settings: Any) -> None:
    for name, value in more.items():
        setattr(settings, f"VONAGE_{name}", value)

    assert [error.id for error in checks.is_complete(None)] == ids

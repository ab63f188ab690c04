"""Tests of reading the callbacks of Vonage: receipts, keys, STOP, and forgeries."""

import json
from typing import Any

import jwt
import pytest

from tests.simulated.fake_carrier import FakeCarrier, vonage_bearer
from tests.verification.delivery.providers.vonage.callback_addresses import ID, KEYS_URL, URL
from verification.delivery.provider_interface import Callback, Forged, KeyPress, Receipt, Reply, Speech
from verification.delivery.providers.vonage.provider import provider
from verification.models import FailureReason, MessageState


def callback(told: Any, event: str = "receipt", **terms: Any) -> Callback:
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    headers = {"content-type": "application/json", "authorization": vonage_bearer(body, **terms)}
    url = f"{KEYS_URL}?language=de" if event == "keys" else URL
    return Callback(url=url, headers=headers, body=body, event=event, message_id=ID)


def of_text(status: str, **more: Any) -> dict[str, Any]:
    return {"message_uuid": "m1", "client_ref": ID, "status": status, "channel": "sms", **more}


@pytest.mark.parametrize(
    ("told", "state", "reason"),
    [
        (of_text("submitted"), MessageState.SENT, None),
        (of_text("delivered"), MessageState.DELIVERED, None),
        (
            of_text("undeliverable", error={"title": 1180, "type": "x"}),
            MessageState.UNDELIVERED,
            FailureReason.UNREACHABLE,
        ),
        (of_text("undeliverable", error={"title": "1240"}), MessageState.UNDELIVERED, FailureReason.OPTED_OUT),
        (of_text("rejected", error={"type": "https://x/messages#1210"}), MessageState.FAILED, FailureReason.FILTERED),
        (of_text("rejected", error={"title": "nine"}), MessageState.FAILED, FailureReason.UNKNOWN),
        (of_text("undeliverable"), MessageState.UNDELIVERED, FailureReason.UNKNOWN),
    ],
)
def test_receipt_of_a_text_is_read(
    told: dict[str, Any], state: MessageState, reason: FailureReason | None, vonage: FakeCarrier
) -> None:
    parsed = provider.parse(callback(told))

    code = {FailureReason.UNREACHABLE: "1180", FailureReason.OPTED_OUT: "1240", FailureReason.FILTERED: "1210"}.get(
        reason or FailureReason.UNKNOWN, ""
    )
    assert parsed.receipts == (Receipt(message_id=ID, state=state, reason=reason, code=code, reference="m1"),)
    assert parsed.reference == "m1"


@pytest.mark.parametrize(
    ("told", "state", "reason"),
    [
        ({"status": "started"}, MessageState.ACCEPTED, None),
        ({"status": "ringing"}, MessageState.RINGING, None),
        ({"status": "answered"}, MessageState.ANSWERED, None),
        ({"status": "completed"}, MessageState.DELIVERED, None),
        ({"status": "busy"}, MessageState.UNDELIVERED, FailureReason.BUSY),
        ({"status": "timeout"}, MessageState.UNDELIVERED, FailureReason.NO_ANSWER),
        ({"status": "unanswered", "detail": "unavailable"}, MessageState.UNDELIVERED, FailureReason.UNREACHABLE),
        ({"status": "failed", "detail": "cannot_route"}, MessageState.FAILED, FailureReason.INVALID_NUMBER),
        ({"status": "rejected"}, MessageState.UNDELIVERED, FailureReason.BLOCKED),
        ({"status": "machine", "uuid": "", "call_uuid": "c1"}, MessageState.UNDELIVERED, FailureReason.VOICEMAIL),
    ],
)
def test_event_of_a_call_is_read(
    told: dict[str, Any], state: MessageState, reason: FailureReason | None, vonage: FakeCarrier
) -> None:
    parsed = provider.parse(callback({"uuid": "c1"} | told))

    code = told.get("detail", "")
    assert parsed.receipts == (Receipt(message_id=ID, state=state, reason=reason, code=code, reference="c1"),)
    assert parsed.reference == "c1"


@pytest.mark.parametrize("told", [of_text("something new"), {"uuid": "c1", "status": "transfer"}, {"uuid": "c1"}])
def test_word_that_says_nothing_moves_nothing(told: dict[str, Any], vonage: FakeCarrier) -> None:
    assert provider.parse(callback(told)).receipts == ()


@pytest.mark.parametrize(
    ("dtmf", "keys"),
    [
        ({"digits": "47", "timed_out": False}, "47#"),
        ({"digits": "0", "timed_out": True}, "0#"),
        ({"digits": "", "timed_out": False}, "#"),
    ],
)
def test_keys_are_read_with_the_hash_that_ends_them(dtmf: dict[str, Any], keys: str, vonage: FakeCarrier) -> None:
    parsed = provider.parse(callback({"uuid": "c1", "dtmf": dtmf}, "keys"))

    assert parsed.presses == (KeyPress(ID, keys),)


@pytest.mark.parametrize("dtmf", [{"digits": "", "timed_out": True}, {"timed_out": True}, None])
def test_silence_lets_the_call_ask_once_more(dtmf: Any, vonage: FakeCarrier) -> None:
    parsed = provider.parse(callback({"uuid": "c1", "dtmf": dtmf}, "keys"))

    assert parsed.presses == ()
    assert parsed.reply(None)[1] == b""


def test_answer_to_keys_is_call_control(vonage: FakeCarrier) -> None:
    reply = provider.parse(callback({"uuid": "c1", "dtmf": {"digits": "47"}}, "keys")).reply

    once_more = json.loads(reply(Speech("Once more.", more=True))[1])
    assert [action["action"] for action in once_more] == ["talk", "input"] * 2
    assert once_more[1]["eventUrl"] == [f"{KEYS_URL}?language=de"]
    assert json.loads(reply(Speech("Goodbye."))[1]) == [
        {"action": "talk", "text": "Goodbye.", "language": "de-DE", "style": 1}
    ]
    assert reply(None) == ("application/json", b"[]")


def test_stop_is_heard_of_the_number_that_said_it(vonage: FakeCarrier) -> None:
    told = {"message_uuid": "i1", "from": "41795550123", "text": " stop ", "channel": "sms"}

    assert provider.parse(callback(told, "inbound")).replies == (Reply("+41795550123", stops=True, reference="i1"),)
    assert provider.parse(callback(told | {"text": "stop by"}, "inbound")).replies == ()


def test_secret_before_the_present_one_is_believed_for_a_while(vonage: FakeCarrier) -> None:
    assert provider.parse(callback(of_text("submitted"), secret="the secret before, which is long too")).receipts


OTHER = "somebody else's secret, as long as ours"


@pytest.mark.parametrize(
    ("told", "event", "terms"),
    [
        (of_text("delivered"), "receipt", {"secret": OTHER}),
        (of_text("delivered"), "receipt", {"age": 310}),
        (of_text("delivered"), "receipt", {"age": -310}),
        (of_text("delivered"), "receipt", {"payload_hash": "0" * 64}),
        (of_text("delivered"), "receipt", {"payload_hash": None}),
        (of_text("delivered", client_ref="f" * 32), "receipt", {}),
        ({"message_uuid": "m1", "status": "delivered"}, "receipt", {}),
        ({"status": "completed"}, "receipt", {}),
        ({"dtmf": {"digits": "47"}}, "keys", {}),
        (of_text("delivered"), "something", {}),
        ([1], "receipt", {}),
        (b"\xff", "receipt", {}),
    ],
)
def test_forged_callback_is_refused(told: Any, event: str, terms: dict[str, Any], vonage: FakeCarrier) -> None:
    """R34. Seen failing with the hash, the age and the name of the message each taken out."""
    with pytest.raises(Forged):
        provider.parse(callback(told, event, **terms))


@pytest.mark.parametrize(("age", "said"), [(400, r"-40[01] seconds"), (-400, r"\+(399|400) seconds")])
def test_says_how_far_a_clock_is_off(age: int, said: str, vonage: FakeCarrier) -> None:
    """Seen failing: with our clock behind, the log said that the account's secret was wrong."""
    with pytest.raises(Forged, match=said):
        provider.parse(callback(of_text("delivered"), age=age))


def test_token_without_a_signature_is_none(vonage: FakeCarrier) -> None:
    sound = callback(of_text("delivered"))
    claims = jwt.decode(sound.headers["authorization"].split()[1], options={"verify_signature": False})
    bare = jwt.encode(claims, None, algorithm="none")  # type: ignore[arg-type]  # there is no key

    for token in (bare, "", "a.b.c"):
        with pytest.raises(Forged):
            provider.parse(Callback(URL, {"authorization": f"Bearer {token}"}, sound.body, "receipt", ID))


def test_refuses_every_callback_without_a_secret(vonage: FakeCarrier, settings: Any) -> None:
    settings.VONAGE_SIGNATURE_SECRETS = ()

    with pytest.raises(Forged):
        provider.parse(callback(of_text("delivered")))

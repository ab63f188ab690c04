"""Tests of Vonage's callbacks over HTTP with its signature: receipts and the keys pressed in a call."""

import json
from secrets import token_hex
from typing import Any

import pytest
from django.db.models import F
from django.test import Client

from tests.simulated.callbacks import hand_over, match, state
from tests.simulated.fake_carrier import APPLICATION, FakeCarrier, vonage_bearer
from tests.simulated.people import Person
from tests.simulated.verdicts import spoken
from verification.delivery.routing import routes
from verification.models import Challenge, ChallengeState, FailureReason, Message, MessageState, OptOut
from verification.outcomes import Verdict

pytestmark = pytest.mark.usefixtures("ana", "vonage", "by_vonage")


@pytest.fixture
def by_vonage(settings: Any) -> None:
    """Install Vonage as the only provider."""
    settings.DELIVERY_PROVIDERS = ("verification.delivery.providers.vonage",)
    routes._load.cache_clear()


def post(path: str, told: dict[str, Any], **terms: Any) -> Any:
    body = json.dumps(told).encode()
    bearer = vonage_bearer(body, **terms)
    return Client().post(path, body, content_type="application/json", headers={"Authorization": bearer})


def call_back(message: Message, event: str = "receipt", **told: Any) -> Any:
    return post(f"/callbacks/vonage/{event}/{message.handle}/", told)


@pytest.fixture
def accepted_text(ana: Person) -> Message:
    """Return a text that Vonage has accepted."""
    ana.give_password()
    return hand_over()


@pytest.fixture
def accepted_call(ana: Person) -> Message:
    """Return a call that Vonage has accepted."""
    ana.give_password()
    ana.choose("Phone call")
    return hand_over()


def of_text(message: Message, status: str, **more: Any) -> Any:
    return call_back(message, message_uuid=message.reference, client_ref=message.handle, status=status, **more)


def test_receipts_move_the_text_forward_only(accepted_text: Message) -> None:
    assert state(accepted_text) == (MessageState.ACCEPTED, "")

    assert [of_text(accepted_text, status).status_code for status in ("delivered", "submitted", "delivered")] == [
        204
    ] * 3

    assert state(accepted_text) == (MessageState.DELIVERED, "")


def test_bad_receipt_says_why(accepted_text: Message) -> None:
    of_text(accepted_text, "undeliverable", error={"title": 1180})

    assert state(accepted_text) == (MessageState.UNDELIVERED, FailureReason.UNREACHABLE)


def test_events_move_the_call(accepted_call: Message) -> None:
    for status, after in (("ringing", MessageState.RINGING), ("answered", MessageState.ANSWERED)):
        assert call_back(accepted_call, uuid=accepted_call.reference, status=status).status_code == 204
        assert state(accepted_call) == (after, "")

    call_back(accepted_call, call_uuid=accepted_call.reference, status="machine")

    assert state(accepted_call) == (MessageState.UNDELIVERED, FailureReason.VOICEMAIL)


def test_event_of_another_call_changes_nothing(accepted_call: Message) -> None:
    """Vonage does not sign the URL. Seen failing when URL and body were not compared."""
    assert call_back(accepted_call, uuid="another-call", status="completed").status_code == 403
    assert call_back(accepted_call, "keys", uuid="another-call", dtmf={"digits": "1"}).status_code == 403

    assert state(accepted_call) == (MessageState.ACCEPTED, "")


def test_carrier_that_lost_the_call_to_another_is_heard_of_its_own_alone(
    ana: Person, accepted_call: Message, twilio: FakeCarrier, settings: Any
) -> None:
    """Seen failing with only the present carrier's name of a message compared with what comes."""
    settings.DELIVERY_PROVIDERS = tuple(f"verification.delivery.providers.{name}" for name in ("vonage", "twilio"))
    routes._load.cache_clear()
    first = accepted_call.reference
    call_back(accepted_call, uuid=first, status="failed", detail="internal_error")
    assert hand_over().provider == "twilio"

    assert call_back(accepted_call, uuid=first, status="completed").status_code == 204
    assert call_back(accepted_call, "keys", uuid="another-call", dtmf={"digits": "0"}).status_code == 403

    ana.user.refresh_from_db()
    assert (state(accepted_call), ana.user.second_step_locked_at) == ((MessageState.ACCEPTED, ""), None)


def test_token_of_another_application_is_not_believed(accepted_text: Message) -> None:
    """Applications of one account share its secret."""
    told = {"message_uuid": accepted_text.reference, "client_ref": accepted_text.handle, "status": "delivered"}
    path = f"/callbacks/vonage/receipt/{accepted_text.handle}/"

    assert post(path, told, application_id="another").status_code == 403
    assert state(accepted_text) == (MessageState.ACCEPTED, "")
    assert post(path, told, application_id=APPLICATION).status_code == 204


@pytest.mark.parametrize("name", ["another-text", "m" * 65, "m\0", ["m"], {"m": 1}, 5])
def test_receipt_under_another_name_changes_nothing(name: Any, accepted_text: Message) -> None:
    answer = call_back(accepted_text, message_uuid=name, client_ref=accepted_text.handle, status="delivered")

    assert answer.status_code == 403
    assert state(accepted_text) == (MessageState.ACCEPTED, "")


def test_name_that_stands_twice_changes_nothing(accepted_text: Message) -> None:
    ours = f'"message_uuid": "{accepted_text.reference}", "client_ref": "{accepted_text.handle}"'
    body = f'{{"status": "submitted", {ours}, "status": "delivered"}}'.encode()

    headers = {"Authorization": vonage_bearer(body)}
    path = f"/callbacks/vonage/receipt/{accepted_text.handle}/"

    assert Client().post(path, body, content_type="application/json", headers=headers).status_code == 403
    assert state(accepted_text) == (MessageState.ACCEPTED, "")


@pytest.mark.parametrize("number", ["4" * 100, "4179\0", {}, None])
def test_stop_of_what_is_no_number_changes_nothing(number: Any, db: None) -> None:
    told = {"message_uuid": "i1", "from": number, "text": "STOP"}

    assert post("/callbacks/vonage/inbound/replies/", told).status_code in {204, 403}
    assert not OptOut.objects.exists()


def test_event_that_overtakes_our_own_note_is_believed(accepted_call: Message) -> None:
    Message.objects.filter(pk=accepted_call.pk).update(
        reference="", state=MessageState.UNKNOWN, not_before=F("created_at")
    )

    assert call_back(accepted_call, uuid="the-call", status="ringing").status_code == 204

    accepted_call.refresh_from_db()
    assert (accepted_call.state, accepted_call.reference) == (MessageState.RINGING, "the-call")


def press_keys(message: Message, digits: str, **dtmf: Any) -> str:
    """Press keys on the called phone, and return what the call says."""
    answer = call_back(message, "keys", uuid=message.reference, dtmf={"digits": digits, "timed_out": False, **dtmf})
    assert answer["Content-Type"] == "application/json"
    return " ".join(action.get("text", action["action"]) for action in json.loads(answer.content))


def test_person_is_signed_in_by_keying_the_two_digits(ana: Person, accepted_call: Message) -> None:
    digits = match(ana)

    heard = press_keys(accepted_call, digits)
    page = ana.browser.press("I pressed #")

    assert spoken(Verdict.PROVEN) in heard
    assert "input" not in heard
    assert page.path == "/"


def test_wrong_digits_are_asked_for_again(accepted_call: Message) -> None:
    heard = press_keys(accepted_call, "1")

    assert spoken(Verdict.WRONG) in heard
    assert "input" in heard


def test_silence_proves_nothing_and_replaces_nothing(accepted_call: Message) -> None:
    answer = call_back(accepted_call, "keys", uuid=accepted_call.reference, dtmf={"digits": "", "timed_out": True})

    assert (answer.status_code, answer.content) == (204, b"")
    assert Challenge.objects.latest("pk").state == ChallengeState.OPEN


def test_fraud_is_reported_by_zero(ana: Person, accepted_call: Message) -> None:
    heard = press_keys(accepted_call, "0", timed_out=True)

    ana.user.refresh_from_db()
    assert spoken(Verdict.DENIED) in heard
    assert ana.user.second_step_locked_at is not None
    assert Challenge.objects.latest("pk").state == ChallengeState.DENIED


def test_code_is_read_out_only_on_request(ana: Person) -> None:
    ana.give_password()
    ana.browser.follow("Use a different verification option")
    ana.browser.press("Call me and read a code to me")
    message = hand_over()

    heard = press_keys(message, "1")

    code = "".join(sign for sign in heard.split("Your code is")[1].split(".")[0] if sign.isdigit())
    assert len(code) == 6
    assert ana.verify(code).path == "/"


def test_stop_and_start_are_heard(ana: Person) -> None:
    def reply(text: str, **terms: Any) -> int:
        told = {"message_uuid": token_hex(16), "from": ana.phone.number.removeprefix("+"), "text": text}
        return int(post("/callbacks/vonage/inbound/replies/", told, **terms).status_code)

    assert reply("STOP", secret="another secret, and long enough too") == 403
    assert not OptOut.objects.exists()

    assert reply("Stop") == 204
    assert OptOut.objects.exists()

    assert reply("start") == 204
    assert not OptOut.objects.exists()

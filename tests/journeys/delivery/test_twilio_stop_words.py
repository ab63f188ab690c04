"""Tests that STOP and START, which people text to Twilio, are heard."""

from secrets import token_hex
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from twilio.request_validator import RequestValidator

from tests.simulated.callbacks import call_back
from tests.simulated.fake_carrier import TOKEN
from tests.simulated.people import Person
from verification.models import Message, OptOut
from verification.outcomes import Verdict, unavailable_words

pytestmark = pytest.mark.usefixtures("twilio", "by_twilio")


def reply(number: str, *, token: str = TOKEN, **fields: str) -> Any:
    """Post Twilio's callback for a text to our number."""
    path, said = "/callbacks/twilio/inbound/replies/", {"From": number, "MessageSid": f"SM{token_hex(16)}", **fields}
    signature = RequestValidator(token).compute_signature(f"http://testserver{path}", said)
    return Client().post(
        path,
        urlencode(said),
        content_type="application/x-www-form-urlencoded",
        headers={"X-Twilio-Signature": signature},
    )


@pytest.mark.parametrize("fields", [{"Body": " stop "}, {"Body": "Arrêt", "OptOutType": "STOP"}])
def test_stop_and_start_are_heard(ana: Person, fields: dict[str, str]) -> None:
    answer = reply(ana.phone.number, **fields)
    assert (answer.status_code, answer.content) == (200, b"<Response/>")
    ana.give_password()
    assert unavailable_words(Verdict.STOPPED) in ana.browser.go("/sign-in/options/")

    reply(ana.phone.number, Body="START")

    assert unavailable_words(Verdict.STOPPED) not in ana.browser.go("/sign-in/options/")


@pytest.mark.parametrize("fields", [{"Body": "Please stop by"}, {"Body": ""}, {"OptOutType": "HELP", "Body": "help"}])
def test_other_words_change_nothing(ana: Person, fields: dict[str, str]) -> None:
    assert reply(ana.phone.number, **fields).status_code == 200

    assert not OptOut.objects.exists()


@pytest.mark.parametrize("number", ["+" + "4" * 100, "+4179\0", "", "+41 79\n555"])
def test_stop_of_what_is_no_number_changes_nothing(number: str, db: None) -> None:
    assert reply(number, Body="STOP").status_code == 403
    assert not OptOut.objects.exists()


@pytest.mark.parametrize("number", ["74455", "Example", "+999123456"])
def test_stop_of_a_short_code_or_a_name_changes_nothing(number: str, db: None) -> None:
    assert reply(number, Body="STOP").status_code == 200
    assert not OptOut.objects.exists()


def test_stop_told_again_after_a_start_changes_nothing(ana: Person) -> None:
    """Twilio's signature has no timestamp. Seen failing without the list of replies already handled."""
    first = {"Body": "STOP", "MessageSid": "SM" + "1" * 32}
    reply(ana.phone.number, **first)
    reply(ana.phone.number, Body="START")

    assert reply(ana.phone.number, **first).status_code == 200

    assert not OptOut.objects.exists()


def test_receipt_of_a_stop_told_again_after_a_start_changes_nothing(ana: Person, accepted_text: Message) -> None:
    """Seen failing with the STOP heard before the message moved."""
    told = {"MessageSid": accepted_text.reference, "MessageStatus": "undelivered", "ErrorCode": "21610"}
    call_back(accepted_text, **told)
    assert OptOut.objects.exists()
    reply(ana.phone.number, Body="START")

    call_back(accepted_text, **told)

    assert not OptOut.objects.exists()


def test_stop_that_twilio_did_not_sign_changes_nothing(ana: Person) -> None:
    assert reply(ana.phone.number, token="another", Body="STOP").status_code == 403

    assert not OptOut.objects.exists()

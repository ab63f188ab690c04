"""The whole way through the engine: a message goes out, and what the person does on the telephone comes back signed."""

import pytest

from tests.simulated.virtual_phone import Phone, carry
from tests.verification.conftest import EngineUser
from tests.verification.delivery.providers.virtual.conftest import behave
from verification.delivery.providers.virtual.models import Acceptance
from verification.delivery.rendering import speech
from verification.models import Message, MessageState
from verification.models.messages import FailureReason
from verification.outcomes import Verdict

NUMBER = "+41795551234"


@pytest.fixture
def phone(ana: EngineUser) -> Phone:
    return Phone(NUMBER)


def test_brings_the_code_of_a_text(ana: EngineUser, phone: Phone) -> None:
    issued = ana.start("text")
    ana.deliver()
    carry()

    assert ana.answer(issued, phone.code()).proven
    assert Message.objects.get().state == MessageState.DELIVERED


def test_approves_by_the_two_digits_after_a_slip(ana: EngineUser, phone: Phone) -> None:
    issued = ana.start("call")
    ana.deliver()
    match = ana.match(issued)
    slip = f"{(int(match) + 1) % 100:02d}"

    phone.answer()
    again = phone.press(f"{slip}#")
    goodbye = phone.press(f"{match}#")

    call = Message.objects.select_related("challenge").get()
    replies = "verification/methods/call/spoken_replies_to_key_presses.txt"
    assert again == speech(call, replies, Verdict.WRONG).words
    assert goodbye == speech(call, replies, Verdict.PROVEN).words
    assert ana.collect(issued).proven


def test_reads_a_code_out(ana: EngineUser, phone: Phone) -> None:
    issued = ana.start("call", mode="code")
    ana.deliver()

    phone.answer()
    spoken = phone.press("1#")

    assert ana.answer(issued, "".join(filter(str.isdigit, spoken))[:6]).proven


def test_reports_fraud(ana: EngineUser, phone: Phone) -> None:
    issued = ana.start("call")
    ana.deliver()

    phone.answer()
    phone.press("0#")

    assert ana.collect(issued).verdict is Verdict.DENIED


def test_tells_why_a_text_did_not_arrive(ana: EngineUser, phone: Phone) -> None:
    behave(number=NUMBER, outcome=FailureReason.LANDLINE)
    ana.start("text")
    ana.deliver()
    carry()

    message = Message.objects.get()
    assert (message.state, message.reason) == (MessageState.UNDELIVERED, FailureReason.LANDLINE)
    assert phone.messages() == []


def test_ends_delivered_however_receipts_are_jumbled(ana: EngineUser, phone: Phone) -> None:
    behave(number=NUMBER, reorders_receipts=True, n_repeats=2)
    ana.start("text")
    ana.deliver()

    carry(now=ana.later(seconds=2).context.now)

    assert Message.objects.get().state == MessageState.DELIVERED


def test_resolves_an_unknown_message_by_its_receipt(ana: EngineUser, phone: Phone) -> None:
    behave(number=NUMBER, acceptance=Acceptance.LOSE_AFTER)
    ana.start("text")
    ana.deliver()
    assert Message.objects.get().state == MessageState.UNKNOWN

    carry()

    assert Message.objects.get().state == MessageState.DELIVERED
    assert len(phone.messages()) == 1

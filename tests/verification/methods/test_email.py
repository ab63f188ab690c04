"""Codes by email: off unless a policy allows them; then proven like a number."""

import re
from typing import Any

import pytest

from tests.verification.conftest import BINDING, EngineUser
from verification import challenges, enrolments
from verification.models import Message, Policy
from verification.outcomes import Outcome, Verdict

METHODS = ["text", "totp", "email", "recovery"]


def begin_enrolment(engine_user: EngineUser, address: str = "ana@home.example") -> Outcome:
    fields = {"address": address}
    return challenges.enrol(
        engine_user.user, "email", fields, binding=BINDING, context=engine_user.context, rules=engine_user.rules
    )


def read_mail(engine_user: EngineUser) -> str:
    """Take the code out of the mail, as the carrier got it."""
    words = [sent.words for sent in engine_user.deliver() if sent.to == "ana@home.example"][-1]
    return str(re.findall(r"\b\d{3} ?\d{3}\b", words)[0])


@pytest.fixture
def reader(engine_user: EngineUser) -> EngineUser:
    """Return a person whose policy allows codes by email, and who proved an address."""
    Policy.objects.create(methods=METHODS)
    issued = begin_enrolment(engine_user)
    assert engine_user.answer(issued, read_mail(engine_user)).proven
    return engine_user


def test_is_off_by_default(engine_user: EngineUser) -> None:
    assert "email" not in engine_user.rules.methods
    assert "email" not in {
        offer.name for offer in enrolments.offers(engine_user.rules.methods, user_id=engine_user.user.pk)
    }
    assert begin_enrolment(engine_user).verdict is Verdict.UNREACHABLE
    assert not Message.objects.exists()


def test_policy_switches_it_on(engine_user: EngineUser) -> None:
    Policy.objects.create(methods=METHODS)

    assert "email" in {
        offer.name for offer in enrolments.offers(engine_user.rules.methods, user_id=engine_user.user.pk)
    }


def test_counts_once_proven_by_the_mailed_code(engine_user: EngineUser) -> None:
    Policy.objects.create(methods=METHODS)
    issued = begin_enrolment(engine_user)
    assert engine_user.enrolment("email").confirmed is False

    assert engine_user.answer(issued, read_mail(engine_user)).proven
    assert engine_user.enrolment("email").confirmed


def test_mailed_code_signs_in(reader: EngineUser) -> None:
    issued = reader.start("email")

    assert reader.answer(issued, "000000").verdict is Verdict.WRONG
    assert reader.answer(issued, read_mail(reader)).proven


def test_is_no_option_once_the_policy_forbids_it(reader: EngineUser) -> None:
    Policy.objects.all().delete()

    mine = enrolments.confirmed(reader.user.pk)

    assert not enrolments.options(mine, reader.rules.methods, now=reader.context.now)


def test_address_is_stored_encrypted_and_shown_masked(reader: EngineUser) -> None:
    row = type(reader.enrolment("email")).objects.filter(user=reader.user, method="email").values().get()

    assert "ana@home.example" not in str(row)
    assert row["hint"] == "a…@home.example"


def test_row_of_the_mail_holds_no_code(reader: EngineUser) -> None:
    reader.start("email")
    code = read_mail(reader).replace(" ", "")

    assert code not in str(list(Message.objects.values()))


@pytest.mark.parametrize("address", ["", "ana", "ana@", "a\nb@home.example", "ana@home.example\nBcc: eve@evil.example"])
def test_refuses_what_is_no_address_beside_its_field(address: str, engine_user: EngineUser) -> None:
    Policy.objects.create(methods=METHODS)

    outcome = begin_enrolment(engine_user, address)

    assert outcome.verdict is Verdict.REFUSED
    assert set(outcome.problems) == {"address"}


def test_sends_are_bounded(reader: EngineUser) -> None:
    verdicts = [reader.start("email", binding=f"session {n}").verdict for n in range(12)]

    assert verdicts[-1] is Verdict.UNANSWERED
    assert Message.objects.filter(template__contains="email").count() <= 10


def test_two_addresses_are_all(reader: EngineUser) -> None:
    issued = begin_enrolment(reader, "ana@second.example")
    engine_user: Any = reader
    assert engine_user.answer(issued, engine_user.code(issued)).proven

    assert begin_enrolment(reader, "ana@third.example").verdict is Verdict.FULL

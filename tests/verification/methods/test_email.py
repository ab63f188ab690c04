"""Codes by email: off unless a policy allows them; then proven like a number."""

import re
from typing import Any

import pytest

from tests.verification.conftest import BINDING, Desk
from verification import challenges, enrolments
from verification.models import Message, Policy
from verification.outcomes import Outcome, Verdict

METHODS = ["text", "totp", "email", "recovery"]


def begin(desk: Desk, address: str = "ana@home.example") -> Outcome:
    fields = {"address": address}
    return challenges.enrol(desk.user, "email", fields, binding=BINDING, context=desk.context, rules=desk.rules)


def read_mail(desk: Desk) -> str:
    """Take the code out of the mail, as the carrier got it."""
    words = [sent.words for sent in desk.deliver() if sent.to == "ana@home.example"][-1]
    return str(re.findall(r"\b\d{3} ?\d{3}\b", words)[0])


@pytest.fixture
def reader(desk: Desk) -> Desk:
    """Return a person whose policy allows codes by email, and who proved an address."""
    Policy.objects.create(methods=METHODS)
    issued = begin(desk)
    assert desk.answer(issued, read_mail(desk)).proven
    return desk


def test_is_off_by_default(desk: Desk) -> None:
    assert "email" not in desk.rules.methods
    assert "email" not in {offer.name for offer in enrolments.offers(desk.rules.methods, user_id=desk.user.pk)}
    assert begin(desk).verdict is Verdict.UNREACHABLE
    assert not Message.objects.exists()


def test_policy_switches_it_on(desk: Desk) -> None:
    Policy.objects.create(methods=METHODS)

    assert "email" in {offer.name for offer in enrolments.offers(desk.rules.methods, user_id=desk.user.pk)}


def test_counts_once_proven_by_the_mailed_code(desk: Desk) -> None:
    Policy.objects.create(methods=METHODS)
    issued = begin(desk)
    assert desk.enrolment("email").confirmed is False

    assert desk.answer(issued, read_mail(desk)).proven
    assert desk.enrolment("email").confirmed


def test_mailed_code_signs_in(reader: Desk) -> None:
    issued = reader.start("email")

    assert reader.answer(issued, "000000").verdict is Verdict.WRONG
    assert reader.answer(issued, read_mail(reader)).proven


def test_is_no_option_once_the_policy_forbids_it(reader: Desk) -> None:
    Policy.objects.all().delete()

    mine = enrolments.confirmed(reader.user.pk)

    assert not enrolments.options(mine, reader.rules.methods, now=reader.context.now)


def test_address_rests_sealed_and_is_shown_masked(reader: Desk) -> None:
    row = type(reader.enrolment("email")).objects.filter(user=reader.user, method="email").values().get()

    assert "ana@home.example" not in str(row)
    assert row["hint"] == "a…@home.example"


def test_row_of_the_mail_holds_no_code(reader: Desk) -> None:
    reader.start("email")
    code = read_mail(reader).replace(" ", "")

    assert code not in str(list(Message.objects.values()))


@pytest.mark.parametrize("address", ["", "ana", "ana@", "a\nb@home.example", "ana@home.example\nBcc: eve@evil.example"])
def test_refuses_what_is_no_address_beside_its_field(address: str, desk: Desk) -> None:
    Policy.objects.create(methods=METHODS)

    outcome = begin(desk, address)

    assert outcome.verdict is Verdict.REFUSED
    assert set(outcome.problems) == {"address"}


def test_sends_are_bounded(reader: Desk) -> None:
    verdicts = [reader.start("email", binding=f"session {n}").verdict for n in range(12)]

    assert verdicts[-1] is Verdict.UNANSWERED
    assert Message.objects.filter(template__contains="email").count() <= 10


def test_two_addresses_are_all(reader: Desk) -> None:
    issued = begin(reader, "ana@second.example")
    desk: Any = reader
    assert desk.answer(issued, desk.code(issued)).proven

    assert begin(reader, "ana@third.example").verdict is Verdict.FULL

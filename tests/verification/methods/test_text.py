"""Tests of the method text: a text with six digits, to a number that can receive texts."""

from datetime import UTC, datetime
from typing import Any

import pytest

from verification.method_base import ChallengeData, Draft
from verification.methods.text.method import TextForm, method
from verification.models import Channel
from verification.outcomes import Verdict

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


def challenge_data(**more: Any) -> ChallengeData:
    values: dict[str, Any] = {"reference": "K4", "mode": "", "now": NOW, "code": "012345", "match_code": "47"}
    return ChallengeData(**values | more)


def test_proposes_the_number_with_its_hint() -> None:
    draft = method.enrol({"number": "+41795550123"}, account="ana")

    assert draft == Draft(address="+41795550123", hint="•••\xa0••\xa023")


def test_method_sends_a_text() -> None:
    issue = method.issue(challenge_data())

    assert (issue.kind, issue.is_approval) == (Channel.TEXT, False)


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ("012345", Verdict.PROVEN),
        ("12345", Verdict.WRONG),
        ("0123450", Verdict.WRONG),
        ("543210", Verdict.WRONG),
        ("", Verdict.WRONG),
        ("47", Verdict.WRONG),
    ],
)
def test_accepts_only_the_code(answer: str, verdict: Verdict) -> None:
    assert method.check(challenge_data(), answer).verdict is verdict


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("044 555 01 67", "no_texts"),
        ("0900 123 456", "unfit"),
        ("0860 79 555 01 23", "unfit"),
        ("+44 70 1234 5678", "unfit"),
        ("079 555 01 23 ext. 12", "has_extension"),
        ("079 555 01 23 / 078 555 01 45", "two_numbers"),
        ("whatsapp:+41795550123", "scheme"),
        ("079 555 01 2", "short"),
        ("12", "short"),
        ("", "required"),
    ],
)
def test_refuses_numbers_that_take_no_texts(number: str, code: str) -> None:
    form = TextForm({"country": "CH", "number": number})

    assert [error.code for error in form.errors.as_data()["number"]] == [code]


@pytest.mark.parametrize(
    ("country", "number", "stored"),
    [
        ("DE", "4915112345678", "+4915112345678"),
        ("AR", "11 2345-6789", "+5491123456789"),
        ("AR", "+54 11 2345-6789", "+5491123456789"),
        ("MX", "044 55 1234 5678", "+525512345678"),
    ],
)
def test_texts_go_to_the_number_that_is_meant(country: str, number: str, stored: str) -> None:
    form = TextForm({"country": country, "number": number})

    assert form.is_valid(), form.errors
    assert form.cleaned_data["number"] == stored


@pytest.mark.parametrize(
    ("draft", "suits"),
    [
        (Draft(address="+41795550123"), True),
        (Draft(address="+41445550167"), False),
        (Draft(address="+41795550123", data={"extension": "12"}), False),
    ],
)
def test_suits_a_mobile_number_that_was_proven_by_a_call(draft: Draft, suits: bool) -> None:
    assert method.accepts(draft) is suits

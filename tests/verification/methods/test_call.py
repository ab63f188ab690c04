"""Tests of the method call: approved with the two digits of the page and #, or reading a code out; 0# reports fraud."""

from datetime import UTC, datetime

import pytest

from verification.method_base import ChallengeData, Check
from verification.methods.call.method import CallForm, method
from verification.models import Channel
from verification.outcomes import Verdict

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


def challenge_data(mode: str = "approve") -> ChallengeData:
    return ChallengeData(reference="K4", mode=mode, now=NOW, code="012345", match_code="47")


def keyed(keys: str, mode: str = "approve") -> Check:
    return method.check_keys(challenge_data(mode), keys)


@pytest.mark.parametrize(
    ("keys", "verdict"),
    [
        ("47#", Verdict.PROVEN),
        ("46#", Verdict.WRONG),
        ("047#", Verdict.WRONG),
        ("012345#", Verdict.WRONG),
        ("0#", Verdict.DENIED),
    ],
)
def test_two_digits_of_the_page_approve(keys: str, verdict: Verdict) -> None:
    assert keyed(keys).verdict is verdict


@pytest.mark.parametrize("keys", ["", "4", "47", "#"])
def test_keys_without_an_answer_approve_nothing(keys: str) -> None:
    assert keyed(keys).verdict is not Verdict.PROVEN


@pytest.mark.parametrize(("keys", "verdict"), [("#", Verdict.PROVEN), ("0#", Verdict.DENIED), ("47#", Verdict.WRONG)])
def test_hash_approves_where_no_digits_are_asked(keys: str, verdict: Verdict) -> None:
    assert keyed(keys, mode="press").verdict is verdict


@pytest.mark.parametrize(
    ("keys", "verdict", "goes_on"),
    [
        ("1", Verdict.ISSUED, False),
        ("1#", Verdict.ISSUED, False),
        ("2", Verdict.PENDING, True),
        ("", Verdict.PENDING, True),
        ("0#", Verdict.DENIED, False),
    ],
)
def test_code_is_read_out_after_one(keys: str, verdict: Verdict, goes_on: bool) -> None:
    check = keyed(keys, mode="code")

    assert (check.verdict, check.goes_on) == (verdict, goes_on)


@pytest.mark.parametrize("keys", ["#", "47#", "012345", "012345#", "1", "1#"])
def test_no_key_proves_a_code_that_is_to_be_typed(keys: str) -> None:
    assert keyed(keys, mode="code").verdict is not Verdict.PROVEN


@pytest.mark.parametrize("mode", ["approve", "press"])
@pytest.mark.parametrize("typed", ["47#", "47", "#", "012345", ""])
def test_nothing_typed_on_the_page_approves_a_call(mode: str, typed: str) -> None:
    assert method.check(challenge_data(mode), typed).verdict is Verdict.WRONG


def test_code_that_was_read_out_is_typed_on_the_page() -> None:
    assert method.check(challenge_data("code"), "012345").verdict is Verdict.PROVEN


@pytest.mark.parametrize(("mode", "is_approval"), [("approve", True), ("press", True), ("code", False)])
def test_page_knows_whether_it_waits_for_the_phone(mode: str, is_approval: bool) -> None:
    issue = method.issue(challenge_data(mode))

    assert (issue.kind, issue.is_approval) == (Channel.CALL, is_approval)


def test_proposes_a_number_behind_a_switchboard() -> None:
    draft = method.enrol({"number": "+41445550167", "extension": "12"}, account="ben")

    assert (draft.address, draft.hint, draft.data) == ("+41445550167", "•••\xa0••\xa067 ext. 12", {"extension": "12"})


@pytest.mark.parametrize(("extension", "is_valid"), [("", True), ("12", True), ("1,,2#", True), ("1a", False)])
def test_takes_an_extension_that_can_be_keyed(extension: str, is_valid: bool) -> None:
    form = CallForm({"country": "CH", "number": "044 555 01 67", "extension": extension})

    assert form.is_valid() is is_valid


@pytest.mark.parametrize(
    ("number", "extension", "kept"),
    [
        ("044 555 01 67 ext. 12", "", "12"),
        ("044 555 01 67;12", "12", "12"),
        ("044 555 01 67", " 1 2 ", "12"),
        ("044 555 01 67", "١٢", "12"),
        ("044 555 01 67", "", ""),
    ],
)
def test_keeps_the_extension_wherever_it_was_typed(number: str, extension: str, kept: str) -> None:
    form = CallForm({"country": "CH", "number": number, "extension": extension})

    assert form.is_valid(), form.errors
    assert (form.cleaned_data["number"], form.cleaned_data["extension"]) == ("+41445550167", kept)


def test_does_not_choose_between_two_extensions() -> None:
    form = CallForm({"country": "CH", "number": "044 555 01 67 ext. 12", "extension": "13"})

    assert not form.is_valid()
    assert form.has_error("number", "two_extensions")


@pytest.mark.parametrize("number", ["0860 79 555 01 23", "+44 70 1234 5678", "+870 773 123 456", "0900 123 456"])
def test_calls_no_number_that_is_no_phone_of_a_person(number: str) -> None:
    assert not CallForm({"country": "CH", "number": number}).is_valid()


def test_calls_no_stranger_for_a_number_without_its_plus() -> None:
    form = CallForm({"country": "DE", "number": "4915112345678"})

    assert form.is_valid()
    assert form.cleaned_data["number"] == "+4915112345678"

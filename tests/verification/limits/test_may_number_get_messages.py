"""Tests of the countries that texts and calls may go to: where they are refused, and what is offered instead."""

import pytest

from tests.verification.conftest import EngineUser
from tests.verification.limits.spending_and_ranges import FRENCH, LATVIAN, SWISS, kinds, move
from verification import challenges, outcomes, phone_numbers, policies
from verification.models import Country, Message, Policy
from verification.outcomes import Verdict

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("read_again")]


@pytest.mark.parametrize(
    ("number", "country"),
    [
        (SWISS, "CH"),
        (FRENCH, "FR"),
        (LATVIAN, "LV"),
        ("+12025550123", "US"),
        ("+16135550123", "CA"),
        ("+447400123456", "GB"),
        ("+77012345678", "KZ"),
        ("+881612345678", "001"),
        ("", ""),
    ],
)
def test_country_is_read_off_the_number(number: str, country: str) -> None:
    assert phone_numbers.country(number) == country


@pytest.mark.parametrize(
    ("number", "area"), [(SWISS, "+41795"), (LATVIAN, "+371200"), ("+12025550123", "+1202"), ("+2478912345", "+247891")]
)
def test_range_is_the_country_code_and_three_digits(number: str, area: str) -> None:
    assert phone_numbers.prefix(number) == area


def test_own_country_is_open_and_others_are_not(ana: EngineUser) -> None:
    assert ana.start("text").issued

    move(ana, FRENCH)

    assert ana.start("text", binding="b").verdict is Verdict.COUNTRY_NOT_ALLOWED
    assert ana.start("call", binding="c").verdict is Verdict.COUNTRY_NOT_ALLOWED
    assert Message.objects.count() == 1
    assert kinds()[-2:] == ["message.refused", "message.refused"]


def test_country_is_opened_for_texts_and_calls_apart(ana: EngineUser) -> None:
    Country.objects.create(code="FR", texts=True, calls=False)
    move(ana, FRENCH)

    assert ana.start("text").issued
    assert ana.start("call", binding="b").verdict is Verdict.COUNTRY_NOT_ALLOWED


def test_own_country_can_be_forbidden(ana: EngineUser) -> None:
    Country.objects.create(code="CH", texts=False, calls=True)

    assert ana.start("text").verdict is Verdict.COUNTRY_NOT_ALLOWED
    assert ana.start("call").issued


def test_number_of_another_country_is_refused_beside_its_field(ana: EngineUser) -> None:
    outcome = challenges.enrol(
        ana.user,
        "text",
        {"country": "FR", "number": "06 12 34 56 78"},
        binding="b",
        context=ana.context,
        rules=ana.rules,
    )

    assert outcome.verdict is Verdict.REFUSED
    assert outcome.problems == {"number": (outcomes.unavailable_words(Verdict.COUNTRY_NOT_ALLOWED),)}


def test_option_of_another_country_is_not_asked_first(ana: EngineUser) -> None:
    move(ana, FRENCH)

    decision = policies.decide(ana.user, ana.context)

    assert decision.default is not None
    assert decision.default.method == "totp"
    assert {option.method: bool(option.unavailable_reason) for option in decision.options} == {
        "text": True,
        "call": True,
        "totp": False,
    }


def test_call_to_a_country_that_policy_excludes_is_not_offered(ana: EngineUser) -> None:
    """Seen failing: it was offered, and refused when it was chosen."""
    Policy.objects.create(voice_countries=["DE"])

    decision = policies.decide(ana.user, ana.context)

    assert {option.method: bool(option.unavailable_reason) for option in decision.options} == {
        "text": False,
        "totp": False,
        "call": True,
    }
    assert decision.options[-1].method == "call"

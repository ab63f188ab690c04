"""Tests of what people paste into a code field: pages find the code or name the mistake, and no attempt is lost."""

import pytest

from tests.simulated import app_password_services
from tests.simulated.people import PASSWORD, Person
from tests.simulated.verdicts import verdicts
from verification import method_registry
from verification.challenges import hints_for_impossible_codes
from verification.models import Challenge, ChallengeState, Failure
from verification.outcomes import Verdict

OF_RECOVERY = str(hints_for_impossible_codes.OTHER_METHOD) % {"label": method_registry.method("recovery").label}


def left(person: Person) -> int:
    return Challenge.objects.get(user=person.user, state=ChallengeState.OPEN).tries_left


@pytest.mark.parametrize(
    "around",
    ["{}", "G-{}", "K4: {} is your code for request K4. It works once.", "Example Organisation: {} is your code"],
)
def test_code_is_found_in_a_pasted_message(ana: Person, around: str) -> None:
    ana.give_password()

    assert ana.verify(around.format(ana.read_text())).path == "/"


def test_whole_text_may_be_pasted(ana: Person) -> None:
    ana.give_password()
    code = ana.read_text()
    whole = ana.phone.newest("text")["words"]
    assert f"#{code}" in whole
    assert 'maxlength="1000"' in ana.page.html

    assert ana.verify(whole).path == "/"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("12345", "You entered 5 digits. A code has 6."),
        ("1234567", "You entered 7 digits. A code has 6."),
        ("1", "You entered 1 digit. A code has 6."),
        ("+41 79 555 01 23", "You entered 11 digits"),
        (PASSWORD, "If it was your password, we neither checked nor stored it."),
        ("a completely different thing", "If it was your password"),
        ("123456 654321 999999", "You entered 18 digits"),
    ],
)
@pytest.mark.parametrize("option", ["Text message", "Authenticator app"])
def test_what_cannot_be_a_code_costs_no_try(ana: Person, typed: str, said: str, option: str) -> None:
    ana.give_password()
    if option != "Text message":
        ana.choose(option)

    page = ana.verify(typed)

    assert verdicts(page) == {Verdict.MISREAD}
    assert said in page
    assert left(ana) == 5
    assert not Failure.objects.filter(user=ana.user, method__in=["text", "totp"]).exists()
    assert typed == "1" or typed not in page.html


def test_recovery_code_in_the_apps_field_is_named(ana: Person) -> None:
    ana.print_codes()
    ana.give_password()
    ana.choose("Authenticator app")

    page = ana.verify(ana.codes[0])

    assert verdicts(page) == {Verdict.MISREAD}
    assert OF_RECOVERY in page
    assert left(ana) == 5
    ana.choose("Recovery code")
    assert ana.verify(ana.codes[0]).path == "/"


def test_wrong_recovery_code_there_is_named_alike(ana: Person) -> None:
    """Only the code's shape decides, so that nobody learns whether it is correct."""
    ana.print_codes()
    ana.give_password()
    ana.choose("Authenticator app")

    page = ana.verify("ABCD EFGH JKLM NPQR")

    assert verdicts(page) == {Verdict.MISREAD}
    assert OF_RECOVERY in page


def test_app_password_is_named(ana: Person) -> None:
    secret = app_password_services.make(ana.user)
    ana.give_password()

    page = ana.verify(secret)

    assert str(hints_for_impossible_codes.APP_PASSWORD) in page
    assert left(ana) == 5


def test_code_of_a_text_in_the_field_of_a_recovery_code_is_named(ana: Person) -> None:
    ana.print_codes()
    ana.give_password()
    ana.choose("Recovery code")

    page = ana.verify("123456")

    assert str(hints_for_impossible_codes.NUMERIC_CODE) in page
    assert left(ana) == 5


@pytest.mark.parametrize("around", ["3. {}", "- {} (unused)", "{}\n"])
def test_recovery_code_is_found_in_a_pasted_line(ana: Person, around: str) -> None:
    ana.print_codes()
    ana.give_password()
    ana.choose("Recovery code")
    code = ana.codes[0]
    groups = " ".join(code[at : at + 4] for at in range(0, 16, 4))

    assert ana.verify(around.format(groups)).path == "/"


def test_wrong_code_still_costs_a_try(ana: Person) -> None:
    ana.give_password()

    assert verdicts(ana.verify("K4: 000000 is your code")) == {Verdict.WRONG}
    assert left(ana) == 4

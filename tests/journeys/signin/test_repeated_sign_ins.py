"""Tests of repeated sign-ins, the Back button and double clicks: no second message is sent, no attempt is lost."""

import pytest

from tests.simulated.people import PASSWORD, Clock, Person
from tests.simulated.verdicts import verdicts
from verification.models import Challenge, ChallengeState, Message
from verification.outcomes import Verdict


@pytest.mark.parametrize("way", ["back", "cancel"])
def test_first_code_after_signing_in_again_costs_no_try(ana: Person, clock: Clock, way: str) -> None:
    ana.give_password()
    first = ana.read_text()
    clock.forward(minutes=2)
    if way == "cancel":
        ana.browser.press("Cancel")
    ana.give_password()

    page = ana.verify(first)

    assert verdicts(page) == {Verdict.REPLACED}
    assert ana.verify(ana.read_text()).path == "/"


def test_first_code_after_signing_in_again_elsewhere_costs_no_try(ana: Person, clock: Clock) -> None:
    ana.give_password()
    first = ana.read_text()
    ana.browser.client.cookies.clear()
    clock.forward(minutes=9)
    ana.give_password()

    assert verdicts(ana.verify(first)) == {Verdict.REPLACED}
    assert Challenge.objects.get(state=ChallengeState.OPEN).tries_left == 5


def test_code_of_somebody_else_is_wrong(ana: Person, ben: Person, clock: Clock) -> None:
    ben.set_up("text")
    ben.give_password()
    theirs = ben.read_text()
    ana.give_password()

    page = ana.verify(theirs)

    assert verdicts(page) == {Verdict.WRONG}
    assert Challenge.objects.filter(user=ana.user).latest("pk").tries_left == 4


def test_password_again_at_once_sends_no_second_text(ana: Person, clock: Clock) -> None:
    ana.give_password()
    clock.forward(seconds=10)
    page = ana.give_password()

    assert page.path == "/sign-in/verify/"
    assert Message.objects.count() == 1
    assert ana.verify(ana.read_text()).path == "/"


def test_option_chosen_again_at_once_sends_no_second_text(ana: Person, clock: Clock) -> None:
    ana.give_password()
    clock.forward(seconds=10)
    page = ana.choose("Text message")

    assert verdicts(page) == {Verdict.TOO_SOON}
    assert "20 seconds" in page
    assert Message.objects.count() == 1
    clock.forward(seconds=21)
    ana.choose("Text message")
    assert Message.objects.count() == 2


def test_back_and_again_sends_no_second_text(ana: Person) -> None:
    ana.give_password()
    ana.choose("Authenticator app")
    ana.choose("Text message")

    assert Message.objects.count() == 1
    assert ana.verify(ana.read_text()).path == "/"


def test_number_typed_twice_sends_no_second_text(ben: Person) -> None:
    ben.give_password()
    for _ in range(2):
        ben.browser.go("/sign-in/register/set-up/text/")
        ben.browser.press("Continue", number=ben.phone.number)

    assert Message.objects.count() == 1
    assert ben.verify(ben.read_text()).path == "/sign-in/register/second/"


def test_fresh_proof_asked_twice_sends_no_second_text(ana: Person, clock: Clock) -> None:
    ana.sign_in()
    clock.forward(minutes=20)
    Message.objects.all().delete()
    for _ in range(2):
        ana.browser.go("/sign-in/again/?next=/methods/add/")
        ana.browser.press("Text message")

    assert Message.objects.count() == 1
    assert ana.verify(ana.read_text()).path == "/methods/add/"


def test_method_tried_twice_sends_no_second_text(ana: Person) -> None:
    ana.sign_in()
    Message.objects.all().delete()
    ref = ana.enrolment("text").ref
    for _ in range(2):
        ana.browser.send(f"/methods/{ref}/try/")

    assert Message.objects.count() == 1


def test_given_up_sign_in_takes_no_code(ana: Person) -> None:
    ana.give_password()
    ana.browser.press("Cancel")

    assert Challenge.objects.get().state == ChallengeState.SUPERSEDED


def test_another_person_in_the_same_browser_begins_again(ana: Person, ben: Person) -> None:
    ben.set_up("text")
    ana.give_password()
    ana.browser.go("/sign-in/")
    ana.browser.press("Sign in", username="ben", password=PASSWORD)

    assert Challenge.objects.get(user=ana.user).state == ChallengeState.SUPERSEDED
    assert ana.verify(ben.read_text()).path == "/"
    assert "Ben" in ana.page

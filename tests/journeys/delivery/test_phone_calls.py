"""Tests of phone calls without JavaScript: the page waits, moves on after the # key, and says what happened."""

import re

import pytest

from accounts.models import Session
from tests.simulated.people import DIFFERENT, Clock, Person, work
from tests.simulated.verdicts import spoken, verdicts
from verification import challenges
from verification.delivery import message_status_words
from verification.delivery.providers.virtual.models import Behaviour
from verification.models import AuditEvent, Challenge, ChallengeState, FailureReason, Message, Policy
from verification.outcomes import Verdict
from verification.policies import DecisionReason


def call(ana: Person) -> str:
    """Request a call and answer it. Return the two digits that the page shows."""
    ana.give_password()
    page = ana.choose("Phone call")
    work()
    ana.phone.answer()
    return page.words.split("call, enter ")[1][:2]


def test_page_says_when_nothing_was_pressed_yet(ana: Person) -> None:
    call(ana)

    page = ana.browser.press("I pressed #, continue")

    assert (page.path, verdicts(page)) == ("/sign-in/verify/", {Verdict.PENDING})


def test_page_moves_on_after_the_hash(ana: Person) -> None:
    digits = call(ana)
    ana.phone.press(f"{digits}#")

    assert ana.browser.press("I pressed #, continue").path == "/"


def test_approval_opens_once(ana: Person) -> None:
    digits = call(ana)
    kept = ana.browser.session_key
    ana.phone.press(f"{digits}#")
    ana.browser.press("I pressed #, continue")
    thief = Person(ana.user, ana.phone)
    thief.browser.client.cookies["mfa_session"] = kept

    thief.browser.send("/sign-in/verify/")

    assert thief.browser.go("/").path == "/sign-in/"


def test_approval_is_worth_nothing_in_another_browser(ana: Person) -> None:
    other = Person(ana.user, ana.phone)
    other.give_password()
    other.choose("Authenticator app")
    digits = call(ana)
    ana.phone.press(f"{digits}#")

    other.browser.send("/sign-in/verify/")

    assert other.browser.go("/").path == "/sign-in/"


def test_approval_waits_no_longer_than_a_code(ana: Person, clock: Clock) -> None:
    digits = call(ana)
    ana.phone.press(f"{digits}#")
    clock.forward(minutes=5, seconds=1)

    ana.browser.press("I pressed #, continue")

    assert not Session.objects.filter(user=ana.user).exists()


def test_wrong_digits_are_said_on_the_phone(ana: Person) -> None:
    digits = call(ana)
    wrong = "10" if digits != "10" else "11"

    assert ana.phone.press(f"{wrong}#") == spoken(Verdict.WRONG)
    assert ana.phone.press(f"{digits}#") == spoken(Verdict.PROVEN)


def test_hash_alone_is_enough_where_the_policy_says_so(ana: Person) -> None:
    Policy.objects.create(number_matching=False)
    ana.give_password()
    page = ana.choose("Phone call")
    work()
    ana.phone.answer()

    assert not re.search(r"<b>\d\d</b>", page.part("class", "how").html)
    assert ana.phone.press("#") == spoken(Verdict.PROVEN)


def test_fraud_report_locks_and_is_said_on_the_page(ana: Person) -> None:
    call(ana)

    assert ana.phone.press("0#") == spoken(Verdict.DENIED)
    page = ana.browser.press("I pressed #, continue")

    assert (page.status, page.outcomes) == (403, {f"why:{DecisionReason.LOCKED}"})
    assert "Example Service Desk" in page


@pytest.mark.parametrize("way", ["replaced", "resent", "given up", "too late", "approved", "signed in"])
def test_fraud_report_counts_whatever_became_of_the_request(ana: Person, clock: Clock, way: str) -> None:
    """Seen: an attacker who requested the call could avoid the report by choosing a different option."""
    call(ana)
    if way in {"approved", "signed in"}:
        asked = Challenge.objects.filter(pk=ana.user.challenges.latest("pk").pk)
        asked.update(state=ChallengeState.APPROVED if way == "approved" else ChallengeState.PROVEN)
    elif way == "replaced":
        ana.browser.follow("Use a different verification option")
        ana.browser.press("Authenticator app")
    elif way == "given up":
        ana.browser.press("Cancel")
    else:
        clock.forward(seconds=31)
        ana.browser.press("Call me again")
        clock.forward(minutes=0 if way == "resent" else 6)

    ana.phone.press("0#")

    ana.user.refresh_from_db()
    assert ana.user.second_step_locked_at is not None
    assert AuditEvent.objects.filter(kind="challenge.reported").count() == 1
    assert ana.give_password().status == 403


def test_fraud_report_counts_once(ana: Person) -> None:
    call(ana)
    challenge = ana.user.challenges.latest("pk")
    handle = challenge.messages.get().handle
    for _ in range(3):
        challenges.keyed(handle, "0#", now=challenge.issued_at)

    assert AuditEvent.objects.filter(kind="challenge.reported").count() == 1


@pytest.mark.parametrize("outcome", [FailureReason.BUSY, FailureReason.NO_ANSWER, FailureReason.VOICEMAIL])
def test_page_says_why_a_call_did_not_get_through(ana: Person, outcome: FailureReason) -> None:
    Behaviour.objects.create(number="", outcome=outcome)
    ana.give_password()
    ana.choose("Phone call")
    work()

    page = ana.browser.reload()

    message = Message.objects.latest("pk")
    assert (message.reason, page.message_states) == (outcome, [message.state])
    assert message_status_words.explain(message).words in page
    assert [form.action for form in page.forms].count("/sign-in/resend/") == 1
    assert page.words.count(DIFFERENT) == 1
    assert page.parts("class", "how") == [], "how to answer the call"


def test_page_that_still_says_how_to_answer_is_loaded_again_once_the_call_failed(ana: Person) -> None:
    """Its script asks. A page that says so already is left alone."""
    Behaviour.objects.create(number="", outcome=FailureReason.NO_ANSWER)
    ana.give_password()
    ana.choose("Phone call")
    work()

    told = [ana.browser.client.get(f"/sign-in/status/?alive=1{more}").json()["reload"] for more in ("", "&failed=1")]

    assert told == [True, False]


def test_call_reads_no_code_to_a_voicemail(ana: Person) -> None:
    """R35: nobody hears the code without a key."""
    ana.give_password()
    ana.choose("Call me and read a code to me")
    work()

    assert not re.search(r"\d, \d, \d", ana.phone.answer())

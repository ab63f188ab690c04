"""Tests in which Ana tries each of her methods before she needs them."""

import re

import pytest

from tests.simulated.people import ANAS, OPTIONS, Clock, Person, work
from tests.simulated.verdicts import spoken, verdicts
from verification import notices
from verification.audit import Details, verification_audit_events
from verification.models import AuditEvent, Challenge, Failure, Message, MessageState, Purpose
from verification.models import Browser as Remembered
from verification.outcomes import Verdict

WORKS = "portal:method_works"  # what a page tells


@pytest.fixture
def ana_on_methods_page(ana: Person) -> Person:
    ana.sign_in(to="/sign-in/?next=/methods/")
    return ana


def test_tries_the_text(ana_on_methods_page: Person) -> None:
    page = ana_on_methods_page.browser.press("Try it now Text message")
    assert page.path == "/sign-in/verify/"

    assert WORKS in ana_on_methods_page.verify(ana_on_methods_page.read_text()).outcomes


def test_tries_the_call(ana_on_methods_page: Person) -> None:
    page = ana_on_methods_page.browser.press("Try it now Phone call")
    digits = re.findall(r"enter (\d\d) and press", page.words)[0]
    work()
    ana_on_methods_page.phone.answer()
    assert ana_on_methods_page.phone.press(f"{digits}#") == spoken(Verdict.PROVEN)

    assert WORKS in ana_on_methods_page.browser.press("I pressed #, continue").outcomes


def test_tries_the_app(ana_on_methods_page: Person, clock: Clock) -> None:
    clock.forward(seconds=31)
    ana_on_methods_page.browser.press("Try it now Authenticator app")

    assert WORKS in ana_on_methods_page.verify(ana_on_methods_page.read_app()).outcomes


def test_offers_no_other_option_and_no_remembering(ana_on_methods_page: Person) -> None:
    page = ana_on_methods_page.browser.press("Try it now Text message")

    assert not page.leads_to(OPTIONS)
    assert not [form for form in page.forms if "remember" in form.names()]
    ana_on_methods_page.browser.send("/sign-in/verify/", code=ana_on_methods_page.read_text(), remember="on")
    assert not Remembered.objects.exists()


def test_changes_nothing_of_the_session(ana_on_methods_page: Person) -> None:
    before = ana_on_methods_page.browser.session_key
    ana_on_methods_page.browser.press("Try it now Text message")
    ana_on_methods_page.verify(ana_on_methods_page.read_text())

    assert ana_on_methods_page.browser.session_key == before
    assert AuditEvent.objects.filter(kind="sign_in.completed").count() == 1


def test_passed_one_is_the_last_use(ana_on_methods_page: Person, clock: Clock) -> None:
    clock.forward(days=3)
    ana_on_methods_page.browser.press("Sign out")
    ana_on_methods_page.sign_in(to="/sign-in/?next=/methods/")
    ana_on_methods_page.browser.press("Try it now Text message")
    ana_on_methods_page.verify(ana_on_methods_page.read_text())

    assert ana_on_methods_page.enrolment("text").last_used_at == clock.now


def test_can_be_left(ana_on_methods_page: Person) -> None:
    ana_on_methods_page.browser.press("Try it now Text message")

    assert ana_on_methods_page.browser.press("Cancel").path == "/methods/"
    assert ana_on_methods_page.browser.go("/").path == "/"


def test_spends_the_same_bounded_texts(ana_on_methods_page: Person, clock: Clock) -> None:
    for _ in range(11):
        clock.forward(seconds=31)
        ana_on_methods_page.browser.go("/methods/")
        ana_on_methods_page.browser.press("Try it now Text message")

    assert verdicts(ana_on_methods_page.page) == {Verdict.LIMITED}
    assert Message.objects.filter(kind="text").count() <= 10


def test_report_of_fraud_by_the_called_person_counts(ana_on_methods_page: Person) -> None:
    """An attacker with a stolen session must not be able to pass off a call as a self-test."""
    ana_on_methods_page.browser.press("Try it now Phone call")
    work()
    ana_on_methods_page.phone.answer()
    ana_on_methods_page.phone.press("0#")

    assert ana_on_methods_page.browser.go("/").path == "/sign-in/"
    ana_on_methods_page.user.refresh_from_db()
    assert ana_on_methods_page.user.second_step_locked_at is not None


def test_code_of_a_self_test_opens_no_sign_in(ana_on_methods_page: Person) -> None:
    ana_on_methods_page.browser.press("Try it now Text message")
    code = ana_on_methods_page.read_text()
    other = Person(ana_on_methods_page.user, ana_on_methods_page.phone)
    other.give_password()

    other.verify(code)

    assert other.browser.go("/").path == "/sign-in/"


def test_code_of_a_self_test_is_no_fresh_proof(ana_on_methods_page: Person, clock: Clock) -> None:
    clock.forward(minutes=11)
    ana_on_methods_page.browser.go("/methods/")
    ana_on_methods_page.browser.press("Try it now Text message")
    code = ana_on_methods_page.read_text()
    ana_on_methods_page.browser.go("/methods/add/")
    ana_on_methods_page.browser.press("Text message")

    ana_on_methods_page.verify(code)

    assert ana_on_methods_page.browser.go("/methods/add/").path == "/sign-in/again/"


def test_failed_one_leaves_sign_in_untouched(ana_on_methods_page: Person, clock: Clock) -> None:
    ana_on_methods_page.browser.press("Try it now Text message")
    for _ in range(5):
        ana_on_methods_page.verify("000000")
    assert ana_on_methods_page.phone.number == ANAS
    assert not Failure.objects.filter(method="text", consecutive__gt=0).exists()
    ana_on_methods_page.browser.go("/")
    ana_on_methods_page.browser.press("Sign out")

    assert ana_on_methods_page.give_password().message_states == [MessageState.QUEUED]
    assert ana_on_methods_page.verify(ana_on_methods_page.read_text()).path == "/"


def test_owner_is_told_by_mail_of_a_browser_that_is_remembered(ana: Person) -> None:
    """Housekeeping sends the notice once, separately from the sign-in."""
    ana.sign_in(remember="on")
    assert not Message.objects.filter(template__contains="browser_remembered").exists()

    notices.notify_of_new_browsers(ana.user.date_joined)
    notices.notify_of_new_browsers(ana.user.date_joined)

    assert Message.objects.filter(template__contains="browser_remembered").count() == 1


def test_self_tests_are_recorded_as_such(ana_on_methods_page: Person) -> None:
    ana_on_methods_page.browser.press("Try it now Text message")
    ana_on_methods_page.verify("000000")

    event = AuditEvent.objects.get(kind="challenge.failed")
    assert event.detail["purpose"] == "self_test"
    assert Challenge.objects.get(purpose="self_test").tries_left == 4


def test_failed_self_test_is_not_told_as_an_attack(ana_on_methods_page: Person) -> None:
    """Seen: after a mistyped self-test, the activity page said that somebody had the correct password."""
    ana_on_methods_page.browser.press("Try it now Text message")
    ana_on_methods_page.verify("000000")

    page = ana_on_methods_page.browser.go("/activity/")

    attack, own = (
        verification_audit_events.CHALLENGE_FAILED.text_for(
            Details({"purpose": purpose}, method="Text message"), is_own=True
        )
        for purpose in (Purpose.SIGN_IN, Purpose.SELF_TEST)
    )
    assert attack not in page
    assert own in page

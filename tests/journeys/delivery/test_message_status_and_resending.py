"""Tests of what pages say about a text or call, and of the new code that can be sent after half a minute."""

from datetime import timedelta

import pytest

from tests.simulated.people import DIFFERENT, OPTIONS, Clock, Person, work
from tests.simulated.verdicts import text, verdicts
from verification.delivery import message_status_words
from verification.delivery.providers.virtual.models import Acceptance, Behaviour
from verification.models import FailureReason, Message, MessageState
from verification.outcomes import Verdict


def behave(**terms: object) -> None:
    Behaviour.objects.create(number="", **terms)


def test_page_follows_the_text_to_the_phone(ana: Person) -> None:
    for state in (MessageState.QUEUED, MessageState.DELIVERED):
        page = ana.give_password() if state == MessageState.QUEUED else ana.browser.reload()
        assert page.message_states == [state]
        assert message_status_words.explain(Message.objects.get()).words in page
        work()


def test_status_tells_the_script_what_the_page_tells_a_person(ana: Person) -> None:
    ana.give_password()
    work()

    told = ana.browser.client.get("/sign-in/status/?alive=1").json()

    words = message_status_words.explain(Message.objects.get()).words
    assert (told["state"], told["words"], told["done"]) == ("delivered", words, False)
    assert words in ana.browser.reload()


def test_status_tells_when_the_call_was_approved(ana: Person) -> None:
    ana.give_password()
    ana.choose("Phone call")
    digits = ana.page.words.split("call, enter ")[1][:2]
    work()
    ana.phone.answer()
    ana.phone.press(f"{digits}#")

    assert ana.browser.client.get("/sign-in/status/?alive=1").json()["done"] is True


def test_call_whose_approval_came_too_late_can_be_repeated(ana: Person, clock: Clock) -> None:
    """The page said that the code was already used, and offered no other call."""
    ana.give_password()
    ana.choose("Phone call")
    digits = ana.page.words.split("call, enter ")[1][:2]
    work()
    ana.phone.answer()
    ana.phone.press(f"{digits}#")
    clock.forward(minutes=6)

    told = ana.browser.client.get("/sign-in/status/?alive=1").json()
    page = ana.browser.reload()

    assert (told["done"], told["reload"]) == (False, True)
    assert "expired" in page
    page = ana.browser.press("Call me again")
    assert "call, enter " in page


@pytest.mark.parametrize(
    "outcome",
    [
        FailureReason.UNREACHABLE,
        FailureReason.LANDLINE,
        FailureReason.OPTED_OUT,
        FailureReason.FILTERED,
        FailureReason.INVALID_NUMBER,
    ],
)
def test_page_says_why_a_text_does_not_come(ana: Person, outcome: FailureReason) -> None:
    behave(outcome=outcome)
    ana.give_password()
    work()

    page = ana.browser.reload()

    message = Message.objects.get()
    assert (message.reason, page.message_states) == (outcome, [message.state])
    assert message_status_words.explain(message).words in page
    assert page.leads_to(OPTIONS)


def test_refused_for_good_is_said_at_once(ana: Person) -> None:
    behave(acceptance=Acceptance.BAR, refusal=FailureReason.COUNTRY_NOT_ALLOWED)
    ana.give_password()
    work()

    assert verdicts(ana.browser.reload()) == {Verdict.COUNTRY_NOT_ALLOWED}


def test_asks_for_a_new_code_only_after_half_a_minute(ana: Person, clock: Clock) -> None:
    ana.give_password()
    clock.forward(seconds=10)

    page = ana.browser.press("Send a new code")

    assert text(Verdict.TOO_SOON, retry_at=clock.now + timedelta(seconds=20)) in page
    assert Message.objects.count() == 1


def test_countdown_stands_on_the_page(ana: Person) -> None:
    html = ana.give_password().html

    assert 'data-wait-until="2026-03-02T' in html


def test_newest_code_wins(ana: Person, clock: Clock) -> None:
    ana.give_password()
    ana.read_text()
    clock.forward(seconds=30)

    assert verdicts(ana.browser.press("Send a new code")) == {Verdict.ISSUED}
    assert ana.verify(ana.read_text()).path == "/"


def test_late_text_of_a_replaced_code_is_not_sent(ana: Person, clock: Clock) -> None:
    ana.give_password()
    clock.forward(seconds=30)
    ana.browser.press("Send a new code")
    work()

    assert len(ana.phone.messages("text")) == 1
    assert Message.objects.order_by("pk").values_list("state", flat=True)[0] == MessageState.EXPIRED


def test_different_option_replaces_the_one_before(ana: Person) -> None:
    ana.give_password()
    code = ana.read_text()
    ana.choose("Call me and read a code to me")

    assert verdicts(ana.verify(code)) == {Verdict.REPLACED}


def test_list_of_options_marks_what_is_asked_now(ana: Person) -> None:
    ana.give_password()

    page = ana.browser.follow(DIFFERENT)

    marked = [each.words for each in page.parts("class", "option-label") if "chip" in each.html]
    assert [label.startswith("Text message ••• •• 23") for label in marked] == [True]
    assert [label.split(" ")[0] for form in page.forms for label, _, _ in form.buttons][:2] == ["Text", "Phone"]


def test_is_told_when_no_more_texts_go_out(ana: Person) -> None:
    for _ in range(10):
        ana.give_password()
        ana.browser.client.cookies.clear()

    page = ana.give_password()

    assert page.path == "/sign-in/options/"
    assert Verdict.LIMITED in verdicts(page)
    ana.browser.press("Authenticator app")
    assert ana.verify(ana.read_app()).path == "/"

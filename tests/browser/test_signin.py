"""Tests of sign-in in Chromium: every option, on a phone and a desktop, by keyboard alone and without JavaScript."""

import re
import time
from typing import Any

import pytest
from django.core.servers.basehttp import ServerHandler
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.browser.page_actions import (
    choose,
    expect_in,
    expect_outcome,
    expect_page,
    expect_said,
    fill,
    follow,
    give_password,
    phone_of,
    press,
    sign_out,
    tick,
    verify,
)
from tests.browser.screen_sizes_and_accessibility import SIZES
from tests.real_programs.chromium import REFUSED, opened
from tests.simulated.people import DIFFERENT, PASSWORD, Clock, Person, work
from tests.simulated.verdicts import title
from tests.simulated.virtual_phone import carry
from verification.delivery import message_status_words
from verification.delivery.routing import unavailability_words
from verification.models import Channel, Message, MessageState, Outage
from verification.outcomes import Verdict
from verification.policies import DecisionReason

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def match_of(page: Page) -> str:
    """Return the two digits to press in the call. The page may be loading again: wait for both."""
    digits = page.locator(".match b span")
    expect(digits).to_have_text([re.compile(r"^\d$")] * 2)
    return "".join(digits.all_inner_texts())


def test_signs_in_by_the_text_that_the_phone_shows(page: Page, ana: Person) -> None:
    give_password(page, ana)
    expect_page(page, "/sign-in/verify/")
    work()

    shown = phone_of(ana, page).get_by_role("button", name=re.compile(r"^Copy \d")).text_content() or ""
    verify(page, re.sub(r"\D", "", shown))

    expect_in(page, ana)


def test_signs_in_when_the_answer_to_the_code_comes_late(
    page: Page, ana: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen failing: the page learned that its challenge had ended, and loaded again instead of taking the answer."""
    give_password(page, ana)
    expect_page(page, "/sign-in/verify/")
    work()
    phone = phone_of(ana, page)
    code = re.sub(r"\D", "", phone.get_by_role("button", name=re.compile(r"^Copy \d")).text_content() or "")
    phone.close()
    send = ServerHandler.finish_response

    def late(handler: Any) -> None:
        if handler.environ["REQUEST_METHOD"] == "POST":
            time.sleep(4)  # the page asks for the state of the challenge twice in that time
        send(handler)

    monkeypatch.setattr(ServerHandler, "finish_response", late)
    verify(page, code)

    expect_in(page, ana)


def test_moves_on_by_itself_when_the_digits_are_keyed_in_the_call(page: Page, ana: Person) -> None:
    give_password(page, ana)
    choose(page, "Phone call")
    expect(page.locator(".match")).to_be_visible()
    work()

    phone = phone_of(ana, page)
    phone.get_by_role("button", name="Answer").click()
    expect(phone.get_by_label("Keys pressed")).to_be_visible()
    phone.keyboard.type(f"{match_of(page)}#")
    expect(phone.locator(".caption.person")).to_contain_text(f"{match_of(page)}#")
    carry()

    expect_in(page, ana)


def test_signs_in_by_app(page: Page, ana: Person) -> None:
    give_password(page, ana)
    choose(page, "Authenticator app")

    verify(page, ana.read_app())

    expect_in(page, ana)


def test_signs_in_by_a_recovery_code(page: Page, ana: Person) -> None:
    ana.print_codes()
    give_password(page, ana)
    choose(page, "Recovery code")

    verify(page, ana.codes[4])

    expect_in(page, ana)


def test_keeps_the_page_and_says_why_after_a_wrong_code(page: Page, ana: Person) -> None:
    give_password(page, ana)
    expect_page(page, "/sign-in/verify/")
    right = ana.read_text()

    verify(page, f"{(int(right) + 1) % 1_000_000:06d}")

    expect_outcome(page, f"verdict:{Verdict.WRONG}")
    expect(page).to_have_title(re.compile("^Error: "))
    expect(page.get_by_label("Code")).to_be_focused()
    expect(page.get_by_label("Code")).to_have_accessible_description(re.compile("Incorrect code"))
    verify(page, right)
    expect_in(page, ana)
    expect(page).not_to_have_title(re.compile("Error"))


def test_counts_down_to_the_next_code_and_takes_that_one(page: Page, ana: Person, clock: Clock) -> None:
    give_password(page, ana)
    again = page.get_by_role("button", name=re.compile("^Send a new code"))
    expect(again).to_be_disabled()
    expect(again).to_have_text(re.compile(r"\d:\d\d"))
    old = ana.read_text()

    clock.forward(minutes=2)
    page.reload()
    expect(again).to_be_enabled()
    again.click()
    expect_said(page, title(Verdict.ISSUED))
    new = ana.read_text()

    verify(page, old)
    expect_outcome(page, f"verdict:{Verdict.REPLACED}")
    verify(page, new)
    expect_in(page, ana)


def test_makes_ben_register_and_lets_him_in_with_two_methods_and_codes(page: Page, ben: Person) -> None:
    give_password(page, ben)
    expect_page(page, "/sign-in/register/")
    press(page, "Text message")
    fill(page, "Phone number", "078 555 01 45")
    press(page, "Continue")
    expect_page(page, "/sign-in/register/prove/")
    verify(page, ben.read_text())

    expect_page(page, "/sign-in/register/second/")
    press(page, "Authenticator app")
    expect(page.locator(".qr-code svg")).to_be_visible()
    verify(page, ben.read_app())

    expect_page(page, "/sign-in/register/codes/")
    press(page, "Show my recovery codes")
    expect(page.locator("#codes li")).to_have_count(10)
    press(page, "I’ve saved them")
    expect_in(page, ben)


def test_sends_cleo_who_has_no_other_option_to_support(page: Page, cleo: Person) -> None:
    give_password(page, cleo)

    expect(page.locator("[data-outcome='sign_in:no_second_method']")).to_be_visible()
    expect(page.locator(".support").get_by_role("link").first).to_be_visible()
    expect(page.get_by_role("link", name=DIFFERENT)).to_have_count(0)


def test_does_not_ask_again_on_a_remembered_browser(page: Page, ana: Person) -> None:
    give_password(page, ana)
    choose(page, "Authenticator app")
    tick(page, "Don’t ask again on this browser")
    verify(page, ana.read_app())
    expect_in(page, ana)
    sign_out(page)

    give_password(page, ana)

    expect_in(page, ana)
    expect(page.get_by_text(DecisionReason.REMEMBERED.why_skipped)).to_be_visible()


def test_shows_the_password_that_was_typed(page: Page, ana: Person) -> None:
    """Seen: the button was missing while the form's fields had their own class."""
    page.goto("/sign-in/")
    typed = page.get_by_label("Password", exact=True)
    fill(page, "Password", PASSWORD)
    expect(typed).to_have_attribute("type", "password")

    press(page, "Show the password")
    expect(typed).to_have_attribute("type", "text")
    press(page, "Show the password")

    expect(typed).to_have_attribute("type", "password")


def test_keeps_the_name_and_says_why_after_a_wrong_password(page: Page, ana: Person) -> None:
    page.goto("/sign-in/")
    fill(page, "Username", "ana")
    fill(page, "Password", "wrong")
    press(page, "Sign in")

    expect_outcome(page, "sign_in:password_wrong")
    expect(page.get_by_label("Username")).to_have_value("ana")
    expect(page).to_have_title(re.compile("^Error: "))
    expect(page.get_by_label("Password", exact=True)).to_be_focused()
    expect(page.get_by_label("Password", exact=True)).to_have_accessible_description(re.compile("Incorrect username"))


def test_puts_the_focus_on_the_field_to_correct(page: Page, ben: Person) -> None:
    """Seen failing: where a field has no autofocus, the page began again at its top."""
    give_password(page, ben)
    press(page, "Text message")
    fill(page, "Phone number", "12")
    press(page, "Continue")

    expect(page).to_have_title(re.compile("^Error: "))
    expect(page.get_by_label("Phone number")).to_be_focused()


def test_signs_in_by_text_without_a_script(scriptless: Page, ana: Person) -> None:
    give_password(scriptless, ana)
    expect_page(scriptless, "/sign-in/verify/")

    verify(scriptless, ana.read_text())

    expect_in(scriptless, ana)


def test_signs_in_by_call_without_a_script(scriptless: Page, ana: Person) -> None:
    give_password(scriptless, ana)
    choose(scriptless, "Phone call")
    expect(scriptless.locator(".match")).to_be_visible()
    work()
    ana.phone.answer()
    ana.phone.press(f"{match_of(scriptless)}#")

    press(scriptless, "I pressed #, continue")

    expect_in(scriptless, ana)


def test_stops_at_a_call_that_was_not_asked_for(chromium: Browser, live_server: LiveServer, ana: Person) -> None:
    with opened(chromium, live_server.url, forgives=REFUSED, viewport=SIZES["phone"]) as page:
        give_password(page, ana)
        choose(page, "Phone call")
        expect(page.locator(".match")).to_be_visible()
        work()
        ana.phone.answer()

        ana.phone.press("0#")

        expect(page.locator(f"[data-outcome='why:{DecisionReason.LOCKED}']")).to_be_visible()


def test_outage_leads_to_the_next_way_with_words(page: Page, ana: Person) -> None:
    outage = Outage.objects.create(kind=Channel.TEXT, starts_at=timezone.now(), words="The carrier is down.")

    give_password(page, ana)

    expect_said(page, unavailability_words.of_outage(outage, Channel.TEXT))
    follow(page, DIFFERENT)
    expect(page.get_by_role("button", name="Text message")).to_be_disabled()
    press(page, "Authenticator app")
    verify(page, ana.read_app())
    expect_in(page, ana)


def test_page_tells_within_two_seconds_that_the_text_arrived(page: Page, ana: Person) -> None:
    give_password(page, ana)
    expect(page.locator(".delivery")).to_have_attribute("data-state", MessageState.QUEUED)

    work()

    expect(page.locator(".delivery")).to_have_attribute("data-state", MessageState.DELIVERED, timeout=2000)
    words = message_status_words.explain(Message.objects.get(kind=Channel.TEXT)).words
    expect(page.locator(".delivery")).to_contain_text(words)

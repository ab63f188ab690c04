"""Tests of the virtual phone in a real browser: calls and messages appear live, and it is accessible by keyboard."""

from collections.abc import Iterator

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.browser.screen_sizes_and_accessibility import SIZES, barriers
from tests.real_programs.chromium import chromium, opened
from tests.simulated.virtual_phone import carry
from tests.verification.delivery.providers.virtual.conftest import NUMBER, behave, outgoing, ring
from verification.delivery.providers.virtual import carrier_behaviour
from verification.delivery.providers.virtual.models import Behaviour, Delivery, DeliveryState
from verification.delivery.providers.virtual.provider import provider
from verification.models.messages import Channel, FailureReason

__all__ = ["chromium"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def phone_page(chromium: Browser, live_server: LiveServer) -> Iterator[Page]:
    """Hold the telephone in a browser that fails the test at any complaint of its console."""
    with opened(chromium, live_server.url) as page:
        page.goto(f"/phone/{NUMBER}/")
        yield page


def test_shows_a_text_by_itself_and_copies_its_code(phone_page: Page) -> None:
    provider.send(outgoing())

    phone_page.get_by_role("button", name="Copy 482917").click()

    expect(phone_page.get_by_role("button", name="Copied")).to_be_visible()


def test_takes_a_call_by_keyboard_alone(phone_page: Page) -> None:
    call = ring()
    expect(phone_page.get_by_role("button", name="Answer")).to_be_focused()

    phone_page.keyboard.press("Enter")
    expect(phone_page.get_by_text("Hello. Press hash.")).to_be_visible()
    phone_page.keyboard.type("47#")
    expect(phone_page.locator(".caption.person")).to_contain_text("47#")
    carry()

    call.refresh_from_db()
    assert [caption.words for caption in call.captions][:2] == ["Hello. Press hash.", "47#"]


def test_keeps_the_order_of_keys_pressed_fast(phone_page: Page) -> None:
    ring()
    phone_page.get_by_role("button", name="Answer").click()

    for key in ("4", "7", "0", "1", "# hash"):
        phone_page.get_by_role("button", name=key, exact=True).click()

    expect(phone_page.locator(".caption.person")).to_contain_text("4701#")


def test_a_key_that_is_down_while_the_caller_speaks_counts(phone_page: Page) -> None:
    """Seen failing: the keypad was replaced with the rest of the screen, and the key was lost."""
    call = ring()
    phone_page.get_by_role("button", name="Answer").click()
    phone_page.get_by_role("button", name="7", exact=True).hover()
    phone_page.mouse.down()

    carrier_behaviour.say(call.pk, "Are you still there?", more=True, now=timezone.now())
    expect(phone_page.get_by_text("Are you still there?")).to_be_visible()
    phone_page.mouse.up()

    expect(phone_page.get_by_label("Keys pressed")).to_have_text("7")


def test_declines_a_call_and_lists_it_as_declined(phone_page: Page) -> None:
    ring()

    phone_page.get_by_role("button", name="Decline").click()

    expect(phone_page.get_by_text("Call declined", exact=True)).to_be_visible()


def test_shows_what_was_said_until_it_is_dismissed(phone_page: Page) -> None:
    ring()
    phone_page.get_by_role("button", name="Answer").click()
    phone_page.get_by_role("button", name="Hang up").click()
    expect(phone_page.get_by_role("navigation", name="On this phone")).to_be_visible()

    phone_page.get_by_role("navigation", name="On this phone").get_by_role("link", name="Calls").click()
    phone_page.get_by_text("What was said").click()

    expect(phone_page.get_by_text("Hello. Press hash.")).to_be_visible()


def test_sets_the_network_without_leaving_the_page(phone_page: Page) -> None:
    phone_page.get_by_label("What happens").select_option("unreachable")
    phone_page.get_by_role("button", name="Apply").click()

    answer = phone_page.locator("[data-said]")
    expect(answer).to_have_text(str(answer.get_attribute("data-good")))
    assert Behaviour.objects.get().outcome == FailureReason.UNREACHABLE


def test_shows_by_itself_what_did_not_arrive(phone_page: Page) -> None:
    behave(outcome=FailureReason.LANDLINE)

    provider.send(outgoing())

    expect(phone_page.get_by_text("undelivered: landline")).to_be_visible()


def test_works_without_a_script(chromium: Browser, live_server: LiveServer) -> None:
    call = ring()
    with chromium.new_context(base_url=live_server.url, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"/phone/{NUMBER}/")
        page.get_by_role("button", name="Answer").click()
        for key in ("4", "7", "# hash"):
            page.get_by_role("button", name=key, exact=True).click()
        expect(page.get_by_text("47#")).to_be_visible()
        page.get_by_role("button", name="Hang up").click()

    assert Delivery.objects.get(pk=call.pk).state == DeliveryState.HUNG_UP


@pytest.mark.parametrize(("size", "scheme"), [("phone", "light"), ("desktop", "dark")])
def test_is_free_of_barriers(phone_page: Page, size: str, scheme: str) -> None:
    phone_page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    phone_page.set_viewport_size(SIZES[size])
    behave(n_repeats=1)
    provider.send(outgoing())
    provider.send(outgoing(id="d" * 32, kind=Channel.MAIL, to="ana@example.org", subject="Was that you?"))
    expect(phone_page.locator(".card")).to_be_visible()
    found = barriers(phone_page, "rest")
    ring()
    expect(phone_page.get_by_role("button", name="Answer")).to_be_visible()
    found += barriers(phone_page, "ringing")
    phone_page.get_by_role("button", name="Answer").click()
    expect(phone_page.get_by_role("button", name="Hang up")).to_be_visible()
    found += barriers(phone_page, "call")
    phone_page.get_by_role("button", name="Hang up").click()
    for address in (f"/phone/{NUMBER}/calls/", "/phone/", "/phone/mail/"):
        phone_page.goto(address)
        found += barriers(phone_page, address)

    assert found == []

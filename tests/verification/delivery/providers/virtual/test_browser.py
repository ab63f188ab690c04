"""The telephone in a real browser: it rings and fills automatically, is worked by keyboard, and everyone can use it."""

from collections.abc import Iterator

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.browser.screen_sizes_and_accessibility import SIZES, barriers
from tests.real_programs.chromium import chromium, opened
from tests.simulated.virtual_phone import carry
from tests.verification.delivery.providers.virtual.conftest import NUMBER, behave, outgoing, ring
from verification.delivery.providers.virtual import switchboard
from verification.delivery.providers.virtual.models import Behaviour, Delivery, State
from verification.delivery.providers.virtual.provider import provider
from verification.models.messages import Kind, Reason

__all__ = ["chromium"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def held(chromium: Browser, live_server: LiveServer) -> Iterator[Page]:
    """Hold the telephone in a browser that fails the test at any complaint of its console."""
    with opened(chromium, live_server.url) as page:
        page.goto(f"/phone/{NUMBER}/")
        yield page


def test_shows_a_text_by_itself_and_copies_its_code(held: Page) -> None:
    provider.send(outgoing())

    held.get_by_role("button", name="Copy 482917").click()

    expect(held.get_by_role("button", name="Copied")).to_be_visible()


def test_takes_a_call_by_keyboard_alone(held: Page) -> None:
    call = ring()
    expect(held.get_by_role("button", name="Answer")).to_be_focused()

    held.keyboard.press("Enter")
    expect(held.get_by_text("Hello. Press hash.")).to_be_visible()
    held.keyboard.type("47#")
    expect(held.locator(".caption.person")).to_contain_text("47#")
    carry()

    call.refresh_from_db()
    assert [caption.words for caption in call.captions][:2] == ["Hello. Press hash.", "47#"]


def test_keeps_the_order_of_keys_pressed_fast(held: Page) -> None:
    ring()
    held.get_by_role("button", name="Answer").click()

    for key in ("4", "7", "0", "1", "# hash"):
        held.get_by_role("button", name=key, exact=True).click()

    expect(held.locator(".caption.person")).to_contain_text("4701#")


def test_a_key_that_is_down_while_the_caller_speaks_counts(held: Page) -> None:
    """Seen failing: the keypad was replaced with the rest of the screen, and the key was lost."""
    call = ring()
    held.get_by_role("button", name="Answer").click()
    held.get_by_role("button", name="7", exact=True).hover()
    held.mouse.down()

    switchboard.say(call.pk, "Are you still there?", more=True, now=timezone.now())
    expect(held.get_by_text("Are you still there?")).to_be_visible()
    held.mouse.up()

    expect(held.get_by_label("Keys pressed")).to_have_text("7")


def test_declines_a_call_and_lists_it_as_declined(held: Page) -> None:
    ring()

    held.get_by_role("button", name="Decline").click()

    expect(held.get_by_text("Call declined", exact=True)).to_be_visible()


def test_shows_what_was_said_until_it_is_dismissed(held: Page) -> None:
    ring()
    held.get_by_role("button", name="Answer").click()
    held.get_by_role("button", name="Hang up").click()
    expect(held.get_by_role("navigation", name="On this phone")).to_be_visible()

    held.get_by_role("navigation", name="On this phone").get_by_role("link", name="Calls").click()
    held.get_by_text("What was said").click()

    expect(held.get_by_text("Hello. Press hash.")).to_be_visible()


def test_sets_the_network_without_leaving_the_page(held: Page) -> None:
    held.get_by_label("What happens").select_option("unreachable")
    held.get_by_role("button", name="Apply").click()

    answer = held.locator("[data-said]")
    expect(answer).to_have_text(str(answer.get_attribute("data-good")))
    assert Behaviour.objects.get().outcome == Reason.UNREACHABLE


def test_shows_by_itself_what_did_not_arrive(held: Page) -> None:
    behave(outcome=Reason.LANDLINE)

    provider.send(outgoing())

    expect(held.get_by_text("undelivered: landline")).to_be_visible()


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

    assert Delivery.objects.get(pk=call.pk).state == State.HUNG_UP


@pytest.mark.parametrize(("size", "scheme"), [("phone", "light"), ("desktop", "dark")])
def test_is_free_of_barriers(held: Page, size: str, scheme: str) -> None:
    held.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    held.set_viewport_size(SIZES[size])
    behave(n_repeats=1)
    provider.send(outgoing())
    provider.send(outgoing(id="d" * 32, kind=Kind.MAIL, to="ana@example.org", subject="Was that you?"))
    expect(held.locator(".card")).to_be_visible()
    found = barriers(held, "rest")
    ring()
    expect(held.get_by_role("button", name="Answer")).to_be_visible()
    found += barriers(held, "ringing")
    held.get_by_role("button", name="Answer").click()
    expect(held.get_by_role("button", name="Hang up")).to_be_visible()
    found += barriers(held, "call")
    held.get_by_role("button", name="Hang up").click()
    for address in (f"/phone/{NUMBER}/calls/", "/phone/", "/phone/mail/"):
        held.goto(address)
        found += barriers(held, address)

    assert found == []

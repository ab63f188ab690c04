"""The telephone in a real browser: it rings and fills by itself, is worked by keyboard, and everybody can use it."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.phone import carry
from tests.verification.delivery.providers.virtual.conftest import NUMBER, behave, outgoing, ring
from verification.delivery.providers.virtual.models import Behaviour, Delivery, State
from verification.delivery.providers.virtual.provider import provider
from verification.models.messages import Kind, Reason

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SIZES = {"phone": (390, 844), "desk": (1280, 900)}
AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    # Playwright runs an event loop in this thread, in which Django would refuse its blocking calls.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def held(chromium: Browser, live_server: LiveServer) -> Iterator[Page]:
    """Hold the telephone in a browser that fails the test at any complaint of its console."""
    complaints: list[str] = []
    with chromium.new_context(base_url=live_server.url, reduced_motion="reduce") as context:
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"/phone/{NUMBER}/")
        yield page
        # A request under way would lock the database that the next test empties.
        page.goto("about:blank")
    assert not complaints


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


def test_declines_a_call_and_lists_it_as_declined(held: Page) -> None:
    ring()

    held.get_by_role("button", name="Decline").click()

    expect(held.get_by_text("Call, declined", exact=True)).to_be_visible()


def test_shows_what_was_said_until_it_is_put_away(held: Page) -> None:
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

    expect(held.get_by_text("Set for the next message")).to_be_visible()
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


@pytest.mark.parametrize(("size", "scheme"), [("phone", "light"), ("desk", "dark")])
def test_is_free_of_barriers(held: Page, size: str, scheme: str) -> None:
    held.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    held.set_viewport_size({"width": SIZES[size][0], "height": SIZES[size][1]})
    behave(n_repeats=1)
    provider.send(outgoing())
    provider.send(outgoing(id="d" * 32, kind=Kind.MAIL, to="ana@example.org", subject="Was that you?"))
    expect(held.locator(".card")).to_be_visible()
    barriers = _barriers(held, "rest")
    ring()
    expect(held.get_by_role("button", name="Answer")).to_be_visible()
    barriers += _barriers(held, "ringing")
    held.get_by_role("button", name="Answer").click()
    expect(held.get_by_role("button", name="Hang up")).to_be_visible()
    barriers += _barriers(held, "call")
    held.get_by_role("button", name="Hang up").click()
    for address in (f"/phone/{NUMBER}/calls/", "/phone/", "/phone/mail/"):
        held.goto(address)
        barriers += _barriers(held, address)

    assert barriers == []


def _barriers(page: Page, where: str) -> list[tuple[str, str, str]]:
    found = Axe().run(page, options=AXE).response["violations"]
    width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    wide = [(where, "scrolls sideways", str(width))] if width > 0 else []
    return wide + [(where, each["id"], node["html"][:120]) for each in found for node in each["nodes"]]

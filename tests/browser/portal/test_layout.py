"""Tests of the portal's layout in Chromium: navigation, long names, a magnified page and right-to-left scripts."""

import pytest
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from tests.browser.page_actions import carry_in
from tests.simulated import app_password_services
from tests.simulated.people import Clock, Person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PLACES = ["Overview", "Applications", "Methods", "App passwords", "Browsers", "Activity", "Help"]
PAGES = (
    "/",
    "/methods/",
    "/methods/add/",
    "/methods/new-phone/",
    "/methods/recovery-codes/",
    "/app-passwords/",
    "/app-passwords/make/",
    "/browsers/",
    "/activity/",
    "/activity/support/",
    "/activity/not-me/",
    "/activity/secure/",
    "/password/",
    "/profile/",
    "/help/",
)
_GAP_BELOW_THE_HEAD = """() => {
  const last = [...document.querySelectorAll('.page > .head *')].map(it => it.getBoundingClientRect().bottom);
  return document.querySelector('.page > .columns').getBoundingClientRect().top - Math.max(...last);
}"""
_LINES_OF_THE_NAME = """label => {
  const name = document.createRange();
  name.selectNodeContents(label.firstChild);
  return [...name.getClientRects()].filter(each => each.width > 8).length;
}"""
_WIDER = "document.documentElement.scrollWidth - innerWidth"


@pytest.fixture
def home(desktop: Page, ana: Person, clock: Clock, live_server: LiveServer) -> Page:
    """Return the portal's first page as Ana on a desktop."""
    carry_in(desktop, ana, clock, live_server)
    desktop.goto("/")
    return desktop


def _places(page: Page) -> list[str]:
    return page.get_by_role("navigation", name="Main").get_by_role("link").all_inner_texts()


def _middle(page: Page, selector: str) -> float:
    box = page.locator(selector).first.bounding_box()
    assert box
    return box["y"] + box["height"] / 2


@pytest.mark.parametrize("length", [15, 45, 55, 85])
def test_long_name_of_the_organisation_leaves_the_navigation_whole(home: Page, settings: Settings, length: int) -> None:
    """Before the fix, 45 characters cut off the last entry, and 85 cut off all but the first."""
    settings.ORGANISATION_NAME = ("Federal Office for Long Names " * 3)[:length].strip()
    for width in (1024, 1280):
        home.set_viewport_size({"width": width, "height": 800})
        home.goto("/")

        assert _places(home) == PLACES
        for place in PLACES:
            box = home.get_by_role("navigation", name="Main").get_by_role("link", name=place).bounding_box()
            assert box
            assert 0 <= box["x"] <= box["x"] + box["width"] <= width
        assert home.evaluate(_WIDER) <= 0

    home.set_viewport_size({"width": 390, "height": 800})
    home.goto("/")
    assert home.evaluate(_WIDER) <= 0
    home.get_by_role("button", name="Menu").click()
    assert _places(home) == PLACES


@pytest.mark.parametrize("width", [390, 1024, 1280])
def test_name_of_the_organisation_is_whole_beside_the_menu(
    home: Page, ana: Person, settings: Settings, width: int
) -> None:
    """The places of staff are the most.

    Seen failing: beside eight places, the name was 0 pixels wide at 1280 and its mark too, and half the mark at 1024.
    """
    User.objects.filter(pk=ana.user.pk).update(is_staff=True)
    settings.ORGANISATION_NAME = "Example Organisation"
    home.set_viewport_size({"width": width, "height": 800})
    home.goto("/")

    for part in (".brand .mark", ".brand-name"):
        is_whole = "it => it.scrollWidth <= it.clientWidth && it.scrollHeight <= it.clientHeight"
        assert home.locator(part).evaluate(is_whole)
    assert abs(_middle(home, ".brand-name") - _middle(home, ".menu summary")) < 1


def test_navigation_begins_below_the_brand(home: Page) -> None:
    assert home.locator(".nav a").first.evaluate("it => it.getBoundingClientRect().x") == home.locator(
        ".brand .mark"
    ).evaluate("it => it.getBoundingClientRect().x")


def test_menu_opens_without_a_script_and_closes_on_escape(
    scriptless: Page, ana: Person, clock: Clock, live_server: LiveServer
) -> None:
    carry_in(scriptless, ana, clock, live_server)
    scriptless.goto("/")
    menu, activity = scriptless.get_by_role("button", name="Menu"), scriptless.get_by_role("link", name="Activity")
    expect(activity).not_to_be_visible()

    menu.click()
    expect(activity).to_be_visible()
    scriptless.keyboard.press("Escape")
    expect(activity).not_to_be_visible()

    menu.click()
    activity.click()
    expect(scriptless.get_by_role("heading", level=1)).to_have_text("Activity")


def test_account_menu_closes_on_escape_and_on_a_press_elsewhere(home: Page) -> None:
    summary, sign_out = home.locator("details.menu summary"), home.get_by_role("button", name="Sign out")

    summary.click()
    expect(sign_out).to_be_visible()
    home.keyboard.press("Escape")
    expect(sign_out).not_to_be_visible()
    expect(summary).to_be_focused()

    summary.click()
    expect(sign_out).to_be_visible()
    home.mouse.click(300, 600)
    expect(sign_out).not_to_be_visible()


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_long_names_fit_at_every_width(home: Page, ana: Person, direction: str) -> None:
    """320 pixels is a page at 1280 that is magnified four times."""
    User.objects.update(name="Wolfeschlegelsteinhausenbergerdorff-Anneliese Maria Theresia Konstanze")
    for name in ("laptop in the office of the second floor, left desk, window", "W" * 60):
        app_password_services.make(ana.user, name=name)
    ana.enrolment("totp").__class__.objects.update(name="W" * 60)
    found = {}
    for path in PAGES:
        for width in (320, 390, 768, 1280):
            home.set_viewport_size({"width": width, "height": 800})
            home.goto(path)
            home.evaluate(f"document.documentElement.dir = '{direction}'")
            if (wide := home.evaluate(_WIDER)) > 0:
                found[path, width] = wide

    assert found == {}


@pytest.mark.parametrize(("path", "width"), [("/", 390), ("/methods/", 390), ("/activity/", 390), ("/profile/", 390)])
def test_same_gap_below_the_heading_with_and_without_buttons(home: Page, path: str, width: int) -> None:
    """An empty row of buttons doubled it."""
    home.set_viewport_size({"width": width, "height": 844})
    home.goto(path)

    gap = home.evaluate(_GAP_BELOW_THE_HEAD)

    assert gap == home.evaluate("parseFloat(getComputedStyle(document.querySelector('.page')).rowGap)")


def test_name_and_actions_of_the_default_method_fit_a_line_each_on_a_phone(home: Page) -> None:
    home.set_viewport_size({"width": 390, "height": 844})
    home.goto("/methods/")
    default = home.locator(".item:has(.chip)")
    rows = "it => new Set([...it.querySelectorAll('.button')].map(each => each.getBoundingClientRect().top)).size"

    assert default.locator(".tools").evaluate(rows) == 1
    assert default.locator(".option-label").evaluate(_LINES_OF_THE_NAME) == 1


def test_box_that_is_not_ticked_looks_empty_in_dark_mode(home: Page) -> None:
    """The browser's own box was filled with grey, as if it were switched off."""
    home.emulate_media(color_scheme="dark")
    home.goto("/app-passwords/?unused=1")
    box = home.get_by_label("Unused for 90 days")
    colour = "box => getComputedStyle(box).backgroundColor"
    card = home.locator(".card").first.evaluate(colour)

    ticked = box.evaluate(colour)
    box.uncheck()

    assert box.evaluate(colour) == card
    assert ticked != card

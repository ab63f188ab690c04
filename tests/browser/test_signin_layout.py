"""Tests of sign-in pages on a small screen: actions and help show without scrolling, and long names fit."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from tests.browser.page_actions import (
    choose,
    expect_options,
    expect_page,
    fill,
    give_password,
    press,
    verify,
)
from tests.browser.screen_sizes_and_accessibility import SIZES, picture
from tests.real_programs.chromium import opened
from tests.simulated.people import Person
from verification.models import Enrolment

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ZOOMED = {"width": 320, "height": 256}  # 1280 by 1024 at 400 %. Source: WCAG 2.2, 1.4.10
LONG = "Rechtsschutzversicherungsgesellschaften-und-Donaudampfschifffahrtsgesellschaft International"
HELP = re.compile("^Help: ")


@pytest.fixture
def phone(chromium: Browser, live_server: LiveServer) -> Iterator[Page]:
    """An empty page on a phone."""
    with opened(chromium, live_server.url, viewport=SIZES["phone"]) as shown:
        yield shown


def shows_at_once(page: Page, thing: Locator) -> bool:
    """Return whether all of it is on the screen before anyone scrolls."""
    expect(thing).to_be_visible()
    page.evaluate("scrollTo(0, 0)")
    box, height = thing.bounding_box(), page.evaluate("innerHeight")
    return box is not None and box["y"] + box["height"] <= height


def first_help(page: Page) -> Locator:
    return page.locator(".card-actions").get_by_role("link", name=HELP)


def test_button_and_help_show_at_once_on_the_page_for_a_code(phone: Page, ana: Person) -> None:
    give_password(phone, ana)
    expect_page(phone, "/sign-in/verify/")

    assert shows_at_once(phone, phone.get_by_role("button", name="Verify"))
    assert shows_at_once(phone, first_help(phone))


def test_button_and_help_show_at_once_during_a_call(phone: Page, ana: Person) -> None:
    give_password(phone, ana)
    choose(phone, "Phone call")

    assert shows_at_once(phone, phone.get_by_role("button", name="I pressed #, continue"))
    assert shows_at_once(phone, first_help(phone))


def test_options_and_help_show_at_once(phone: Page, ana: Person) -> None:
    ana.print_codes()
    give_password(phone, ana)
    phone.goto("/sign-in/options/")
    expect_options(phone)

    assert shows_at_once(phone, phone.get_by_role("button", name="Recovery code"))
    assert shows_at_once(phone, first_help(phone))


def test_links_among_actions_say_that_they_are_help(phone: Page, ana: Person) -> None:
    """An article's bare title reads as an action: "Use a different verification option" stood on its own page."""
    give_password(phone, ana)
    for path in ("/sign-in/", "/sign-in/verify/", "/sign-in/options/", "/password-reset/"):
        phone.goto(path)

        links = phone.locator("main a[href^='/help/']").all_inner_texts()
        assert links
        assert all(HELP.match(each.strip()) for each in links), (path, links)


def problems(page: Page) -> list[str]:
    """Return what sticks out of the page, or of the box it is in."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll("main *, footer *")]
            .filter(each => each.checkVisibility() && !each.closest(".off-screen, svg, [hidden]"))
            .filter(each => { const box = each.getBoundingClientRect();
                return box.width && (box.right > innerWidth + 1 || box.left < -1); })
            .map(each => each.outerHTML.slice(0, 90))"""
    )
    return found


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
@pytest.mark.parametrize("size", ["zoomed", "phone", "desktop"])
def test_long_names_break_no_page(
    chromium: Browser, live_server: LiveServer, ana: Person, settings: Settings, size: str, direction: str
) -> None:
    settings.ORGANISATION_NAME = LONG
    settings.SUPPORT_NAME = LONG
    User.objects.filter(pk=ana.user.pk).update(username=("anastasia." * 15)[:150])
    ana.user.refresh_from_db()
    Enrolment.objects.filter(user=ana.user).update(name="old-telephone-of-my-" + "grand" * 8)
    ana.print_codes()
    found: list[tuple[str, str]] = []

    def page_checker(name: str) -> None:
        page.evaluate(f"document.documentElement.dir = '{direction}'")
        picture(page, f"long-{name}-{size}-{direction}")
        found.extend((name, each) for each in problems(page))

    viewport = ZOOMED if size == "zoomed" else SIZES[size]
    with opened(chromium, live_server.url, viewport=viewport) as page:
        page.goto("/sign-in/")
        page_checker("sign-in")
        press(page, "Sign in")
        fill(page, "Username", ana.user.username)
        fill(page, "Password", "wrong")
        press(page, "Sign in")
        expect(page.locator(".notice")).to_be_visible()
        page_checker("wrong")
        give_password(page, ana)
        expect_page(page, "/sign-in/verify/")
        page_checker("verify")
        verify(page, "12345")
        expect(page.locator(".notice")).to_be_visible()
        page_checker("misread")
        page.goto("/sign-in/options/")
        page_checker("options")
        press(page, "Phone call")
        expect(page.locator(".match")).to_be_visible()
        page_checker("call")
        page.goto("/password-reset/")
        page_checker("reset")

    assert found == []


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_registration_fits_a_zoomed_page(
    chromium: Browser, live_server: LiveServer, ben: Person, settings: Settings, direction: str
) -> None:
    settings.ORGANISATION_NAME = LONG
    found: list[tuple[str, str]] = []

    def page_checker(name: str) -> None:
        page.evaluate(f"document.documentElement.dir = '{direction}'")
        picture(page, f"long-{name}-zoomed-{direction}")
        found.extend((name, each) for each in problems(page))

    with opened(chromium, live_server.url, viewport=ZOOMED) as page:
        give_password(page, ben)
        expect_page(page, "/sign-in/register/")
        page_checker("register")
        press(page, "Authenticator app")
        expect(page.locator(".qr-code svg")).to_be_visible()
        page_checker("register-app")
        verify(page, ben.read_app())
        expect_page(page, "/sign-in/register/second/")
        page_checker("register-second")
        page.goto("/sign-in/register/codes/")
        press(page, "Show my recovery codes")
        expect(page.locator("#codes li")).to_have_count(10)
        page_checker("register-codes")

    assert found == []


def test_phone_numbers_read_from_the_left_on_a_page_from_the_right(phone: Page, cleo: Person) -> None:
    """Seen failing without the isolation: +41 44 555 01 00 read 00 01 555 44 41+."""
    give_password(phone, cleo)
    phone.evaluate("document.documentElement.dir = 'rtl'")
    number = phone.locator(".support a[href^='tel:'] bdi")

    assert number.evaluate("it => getComputedStyle(it).direction") == "ltr"


def test_digits_to_enter_keep_their_order_on_a_page_from_the_right(phone: Page, ana: Person) -> None:
    """Seen failing: 10 read 01, so that a correct answer was refused."""
    give_password(phone, ana)
    choose(phone, "Phone call")
    expect(phone.locator(".match")).to_be_visible()
    phone.evaluate("document.documentElement.dir = 'rtl'")
    first, second = (each.bounding_box() for each in phone.locator(".match b span").all())

    assert first is not None
    assert second is not None
    assert first["x"] < second["x"]

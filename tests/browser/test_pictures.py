"""Tests that the pictures in articles show our pages as they are now, by the words stored with each picture.

`RENEW_PICTURES=1` takes them again, in light and dark. Pixels are not compared, because fonts differ between machines.
"""

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest
from django.conf import settings
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from helpcenter import article_files
from tests.browser.page_actions import (
    SECONDS_TO_NEXT_APP_CODE,
    carry_in,
    choose,
    expect_heading,
    expect_options,
    expect_page,
    give_password,
)
from tests.browser.screen_sizes_and_accessibility import SIZES
from tests.real_programs.chromium import opened
from tests.simulated.people import Clock, Person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
FOLDER = Path(settings.BASE_DIR) / "helpcenter" / "static" / "helpcenter" / "pictures"
WORDS = FOLDER / "words.json"
# The text of a page without random values and dates.
_SAID = "main => [...main.querySelectorAll('h1, h2, label, button, .option-title, .lead')].map(each => each.innerText)"
_N_COLOURS = 64
_TWINS: tuple[tuple[Literal["light", "dark"], str], ...] = (("light", ""), ("dark", "-dark"))
_MAX_HEIGHT = 720  # pixels from the top of the page, which is the part that an article describes
# The lowest line, down to the given one, that cuts through nothing that can be read or pressed.
_FOOT = """(main, tallest) => {
    const top = main.getBoundingClientRect().top;
    const hasWords = each => [...each.childNodes].some(node => node.nodeType === 3 && node.data.trim());
    const shown = [...main.querySelectorAll("*")]
        .filter(each => each.matches("input, button, svg, a") || hasWords(each))
        .map(each => each.getBoundingClientRect())
        .filter(box => box.height > 1 && box.width > 1)
        .map(box => [box.top - top, box.bottom - top]);
    const lines = shown.map(([, bottom]) => bottom + 6).filter(line => line <= tallest);
    return Math.max(...lines.filter(line => shown.every(([from, to]) => line <= from || line >= to)));
}"""


def _sign_in_by(method: str) -> Callable[[Page, Person], None]:
    def show(page: Page, ana: Person) -> None:
        give_password(page, ana)
        expect_page(page, "/sign-in/verify/")
        if method != "Text message":
            choose(page, method)
            expect(page.locator(".match") if method == "Phone call" else page.get_by_label("Code from")).to_be_visible()

    return show


def _options(page: Page, ana: Person) -> None:
    give_password(page, ana)
    page.goto("/sign-in/options/")
    expect_options(page)


def _portal(path: str, heading: str) -> Callable[[Page, Person], None]:
    def show(page: Page, ana: Person) -> None:
        page.goto(path)
        expect_heading(page, heading)

    return show


def _register(page: Page, ben: Person) -> None:
    give_password(page, ben)
    expect_page(page, "/sign-in/register/")


OUTSIDE = {
    "verify-text": _sign_in_by("Text message"),
    "verify-call": _sign_in_by("Phone call"),
    "verify-app": _sign_in_by("Authenticator app"),
    "options": _options,
}
INSIDE = {
    "methods": _portal("/methods/", "Verification methods"),
    "app-passwords": _portal("/app-passwords/make/", "Create an app password"),
    "browsers": _portal("/browsers/", "Browsers and sessions"),
    "activity-not-me": _portal("/activity/not-me/", "Secure your account"),
    "diagnose": _portal("/help/diagnose/?about=no-message", "I’m not receiving a text or call"),
}


@pytest.fixture
def phone(chromium: Browser, live_server: LiveServer) -> Iterator[Page]:
    """Return an empty page on a phone with a high-resolution screen."""
    with opened(chromium, live_server.url, viewport=SIZES["phone"], device_scale_factor=2) as page:
        yield page


def stable_words(page: Page) -> list[str]:
    """Return the text of a page, without digits and other things that change from day to day."""
    words = page.locator("main").evaluate(_SAID)
    return [re.sub(r"\b[A-Z]#", "K#", re.sub(r"\d", "#", " ".join(each.split()))) for each in words if each.strip()]


def take(page: Page, name: str) -> None:
    """Take a picture of a page in light and in dark mode."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    main = page.locator("main")
    for scheme, end in _TWINS:
        page.emulate_media(color_scheme=scheme)
        box = main.bounding_box()
        assert box
        whole = box["height"] <= _MAX_HEIGHT
        height = box["height"] if whole else main.evaluate(_FOOT, _MAX_HEIGHT)
        file = FOLDER / f"{name}{end}.png"
        page.screenshot(path=file, clip={**box, "height": height}, full_page=True)
        with Image.open(file) as picture:
            picture.convert("RGB").quantize(_N_COLOURS).save(file, optimize=True)


def check(page: Page, name: str) -> None:
    """Compare the page with the stored text of its picture, or renew picture and text."""
    kept = json.loads(WORDS.read_text()) if WORDS.exists() else {}
    if os.environ.get("RENEW_PICTURES"):
        take(page, name)
        WORDS.write_text(
            json.dumps(kept | {name: stable_words(page)}, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
        )
        return
    assert all((FOLDER / f"{name}{end}.png").exists() for _, end in _TWINS)
    assert kept.get(name) == stable_words(page), "the page changed: take the pictures again with RENEW_PICTURES=1"


@pytest.mark.parametrize("name", OUTSIDE)
def test_picture_of_the_second_step_is_true(name: str, phone: Page, ana: Person) -> None:
    OUTSIDE[name](phone, ana)

    check(phone, name)


def _remember_a_browser(ana: Person) -> None:
    """Sign in on another browser, which is remembered."""
    other = Person(ana.user, ana.phone)
    other.browser.client.defaults["HTTP_USER_AGENT"] = FIREFOX
    other.give_password()
    other.choose("Authenticator app")
    other.verify(ana.read_app(), remember="on")


@pytest.mark.parametrize("name", INSIDE)
def test_picture_of_the_portal_is_true(
    name: str, phone: Page, ana: Person, clock: Clock, live_server: LiveServer
) -> None:
    ana.print_codes()
    ana.browser.client.defaults["HTTP_USER_AGENT"] = FIREFOX
    _remember_a_browser(ana)
    clock.forward(seconds=SECONDS_TO_NEXT_APP_CODE)
    carry_in(phone, ana, clock, live_server)

    INSIDE[name](phone, ana)

    check(phone, name)


def test_picture_of_the_registration_is_true(phone: Page, ben: Person) -> None:
    _register(phone, ben)

    check(phone, "register")


def test_every_picture_is_shown_and_every_shown_one_is_taken() -> None:
    shown = {name for each in article_files.articles() for name in re.findall(r"/pictures/([\w-]+)\.png", each.body)}

    assert shown == set(json.loads(WORDS.read_text()))

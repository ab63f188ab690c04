"""What people do with a page: type, press, tab, and look at the phone beside it."""

import re

from django.conf import settings
from playwright.sync_api import Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.people import DIFFERENT, PASSWORD, Clock, Person

AFTER_APP = 31  # seconds after which an authenticator app shows another code
STALE = 11  # minutes after which a proof is no longer fresh


def give_password(page: Page, person: Person, *, to: str = "/sign-in/") -> None:
    """Type name and password on the sign-in page."""
    page.goto(to)
    page.get_by_label("User name").fill(person.user.username)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    press(page, "Sign in")


def press(page: Page, label: str) -> None:
    """Press the first button whose label begins so."""
    page.get_by_role("button", name=_beginning(label)).first.click()


def follow(page: Page, label: str) -> None:
    """Follow the first link whose label begins so."""
    page.get_by_role("link", name=_beginning(label)).first.click()


def choose(page: Page, label: str) -> None:
    """Take a different option from the list."""
    follow(page, DIFFERENT)
    expect_heading(page, "Choose how to verify")
    press(page, label)


def code_field(page: Page) -> Locator:
    """Find the field for a code."""
    return page.get_by_role("textbox", name=re.compile("code", re.IGNORECASE))


def verify(page: Page, code: str) -> None:
    """Type a code and press the button."""
    code_field(page).fill(code)
    press(page, "Verify")


def expect_heading(page: Page, words: str) -> None:
    """Wait for the page with this heading."""
    expect(page.get_by_role("heading", level=1)).to_have_text(words)


def expect_said(page: Page, words: str) -> None:
    """Wait for a notice that says so."""
    expect(page.locator(".notice", has_text=words)).to_be_visible()


def expect_in(page: Page, person: Person) -> None:
    """Wait for the first page of the portal."""
    expect_heading(page, f"Hello, {person.user.name}")


def expect_options(page: Page) -> None:
    """Wait for the list of one's options."""
    expect_heading(page, "Choose how to verify")


def phone_of(person: Person, page: Page) -> Page:
    """Open the person's virtual phone in a second tab."""
    phone = page.context.new_page()
    phone.goto(f"/phone/{person.phone.number}/")
    return phone


def tab_to(page: Page, goal: Locator) -> None:
    """Press the tab key until the goal has the focus."""
    expect(goal.first).to_be_visible()
    for _ in range(60):
        if goal.first.evaluate("it => it === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the tab key does not reach {goal}")


def key(page: Page, label: str) -> None:
    """Tab to the link or button and press the Enter key."""
    named = _beginning(label)
    tab_to(page, page.get_by_role("button", name=named).or_(page.get_by_role("link", name=named)))
    page.keyboard.press("Enter")


def write(page: Page, label: str, words: str) -> None:
    """Tab to the field and type."""
    tab_to(page, page.get_by_role("textbox", name=re.compile(label)))
    page.keyboard.type(words)


def carry_in(page: Page, person: Person, clock: Clock, site: LiveServer) -> None:
    """Sign in with the authenticator app beside the browser, and hand the session over to it."""
    person.sign_in()
    clock.forward(seconds=AFTER_APP)
    for name in (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME):
        page.context.add_cookies([{"name": name, "value": person.browser.client.cookies[name].value, "url": site.url}])


def prove_again(page: Page, person: Person) -> None:
    """Prove oneself by the app on the page that asks for it."""
    expect_heading(page, "Prove it is you")
    press(page, "Authenticator app")
    verify(page, person.read_app())


def sign_out(page: Page) -> None:
    """Sign out by the person's menu."""
    page.locator("details.menu summary").click()
    press(page, "Sign out")
    expect_heading(page, "Sign in")


def _beginning(label: str) -> re.Pattern[str]:
    return re.compile("^" + re.escape(label).replace("’", "['’]"))

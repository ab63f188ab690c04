"""Ana with a passkey, and what her browser does to sign in with it alone."""

import html
import re
from typing import Any

import pytest

from tests.simulated.http_browser import Browser, Page
from tests.simulated.passkeys import Key
from tests.simulated.people import Person
from verification.models import Policy

REFUSED = "sign_in:passkey_refused"  # an outcome that a page tells


@pytest.fixture
def key() -> Key:
    return Key()


@pytest.fixture
def passkey_owner(ana: Person, key: Key) -> Person:
    """Return Ana with a passkey, added through the pages, and a policy that allows passwordless sign-in."""
    ana.sign_in(to="/sign-in/?next=/methods/add/")
    add_key(ana, key)
    ana.browser.press("Sign out")
    Policy.objects.create(passwordless_allowed=True)
    return ana


def add_key(person: Person, key: Key, **lies: Any) -> Page:
    person.browser.go("/methods/add/passkey/")
    person.browser.press("Continue", name="blue key")
    return person.browser.send("/sign-in/verify/", code=key.make(asked(person.page), **lies))


def asked(page: Page) -> str:
    """Return the data that the page passes to the script."""
    [found] = re.findall(r'data-options="([^"]*)"', page.html)
    return html.unescape(found)


def offered(browser: Browser) -> str:
    """Request an offer, as the script does when the button is pressed."""
    browser.go("/sign-in/")
    answer = browser.client.post(
        "/sign-in/alone/options/", {"csrfmiddlewaretoken": browser.client.cookies["mfa_csrf"].value}
    )
    assert answer.status_code == 200, answer
    return str(answer.content.decode())


def show(browser: Browser, answer: str, **fields: str) -> Page:
    return browser.send("/sign-in/alone/", code=answer, **fields)


def come_in(browser: Browser, key: Key, **lies: Any) -> Page:
    return show(browser, key.sign(offered(browser), **lies))

"""What tests of new passwords type, and the links that they follow."""

import re

import pytest

from tests.simulated.http_browser import Browser, Page
from tests.simulated.people import work
from verification.delivery.providers.virtual.models import Delivery

NEW = "seven green bicycles"

WEAK = {
    "short": ("Short-1", "at least 12 characters"),
    "common": ("password1234", "too common"),
    "like the name": ("ana.ana.ana@example.org", "too similar"),
}


def break_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError("no outbox")

    monkeypatch.setattr("verification.delivery.outbox.notice", broken)


def request_password_reset(name: str, *, browser: Browser | None = None) -> Page:
    browser = browser or Browser()
    browser.go("/password-reset/")
    return browser.press("Email me the link", name=name)


def link() -> str:
    """Return the path of the link in the newest email."""
    work()
    words = Delivery.objects.filter(kind="mail").order_by("-pk")[0].words
    found = re.findall(r"https?://\S+", words)
    assert found, words
    return str(found[0])


def path_of(url: str) -> str:
    assert url.startswith("http://testserver/password-reset/")
    return url.removeprefix("http://testserver")


def set_new(path: str, new: str = NEW, *, browser: Browser | None = None) -> Page:
    browser = browser or Browser()
    browser.go(path)
    if not browser.shown.offers("Set the new password"):
        return browser.shown
    return browser.press("Set the new password", new_password=new)


APART, TOGETHER = "cafe\u0301-Cre\u0300me-u\u0308ber-alles", "caf\u00e9-Cr\u00e8me-\u00fcber-alles"

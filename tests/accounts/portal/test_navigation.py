"""Tests that the navigation marks the section of the current page, and no other."""

import re

import pytest

from tests.simulated import app_password_services
from tests.simulated.people import Person

_CURRENT = re.compile(r'<a[^>]*aria-current="page"[^>]*>(.*?)</a>', re.DOTALL)


def _current(person: Person, path: str) -> list[str]:
    page = person.browser.go(path)
    assert page.path == path
    return [re.sub(r"<[^>]+>", "", each).strip() for each in _CURRENT.findall(page.html)]


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/", "Overview"),
        ("/methods/", "Methods"),
        ("/methods/add/", "Methods"),
        ("/methods/add/text/", "Methods"),
        ("/methods/new-phone/", "Methods"),
        ("/methods/recovery-codes/", "Methods"),
        ("/app-passwords/", "App passwords"),
        ("/app-passwords/make/", "App passwords"),
        ("/app-passwords/delete/", "App passwords"),
        ("/browsers/", "Browsers"),
        ("/activity/", "Activity"),
        ("/activity/support/", "Activity"),
        ("/activity/not-me/", "Activity"),
        ("/activity/secure/", "Activity"),
        ("/password/", "Change password"),
        ("/profile/", "Your details"),
        ("/help/", "Help"),
        ("/help/lost-phone/", "Help"),
        ("/help/diagnose/", "Help"),
    ],
)
def test_each_page_marks_only_its_own_place(ana: Person, path: str, place: str) -> None:
    """The pages for the password and the details marked Overview."""
    ana.sign_in()

    assert _current(ana, path) == [place]


def test_pages_of_one_method_and_of_one_app_password_mark_their_list(ana: Person) -> None:
    ana.sign_in()
    app_password_services.make(ana.user)
    method, app_password = ana.enrolment("totp").ref, ana.user.app_passwords.get().ref

    for path in (f"/methods/{method}/rename/", f"/methods/{method}/remove/"):
        assert _current(ana, path) == ["Methods"]
    for path in (f"/app-passwords/{app_password}/", f"/app-passwords/{app_password}/delete/"):
        assert _current(ana, path) == ["App passwords"]


def test_offers_a_language_only_where_there_are_several(ana: Person, settings: object) -> None:
    ana.sign_in()
    page = ana.browser.go("/profile/")
    assert "Language" not in page.words
    assert page.words.count("Your details") == 2  # in the menu, and as the heading

    settings.LANGUAGES = [("en", "English"), ("de", "Deutsch")]  # type: ignore[attr-defined]  # the fixture's

    assert "Language" in ana.browser.go("/profile/").words


def test_phone_numbers_read_from_the_left_in_every_script(ana: Person) -> None:
    assert '<bdi dir="ltr">+41 44 555 01 00</bdi>' in ana.sign_in().html

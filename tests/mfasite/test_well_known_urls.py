"""Password managers find the pages of passwords and passkeys."""

from urllib.parse import unquote

import pytest

from tests.simulated.http_browser import Browser
from tests.simulated.people import Person, ana, clock, stranger

__all__ = ["ana", "clock", "stranger"]


def test_leads_to_the_page_of_the_password(stranger: Browser) -> None:
    answer = stranger.client.get("/.well-known/change-password")

    assert (answer.status_code, answer["Location"]) == (302, "/password/")


def test_leads_there_through_the_sign_in(ana: Person) -> None:
    ana.browser.go("/.well-known/change-password")

    assert unquote(ana.page.query) == "next=/password/"


def test_names_the_pages_of_passkeys(stranger: Browser) -> None:
    answer = stranger.client.get("/.well-known/passkey-endpoints")

    assert answer["Content-Type"] == "application/json"
    assert answer.json() == {
        "enroll": "http://testserver/methods/add/",
        "manage": "http://testserver/methods/",
    }


@pytest.mark.parametrize("name", ["resource-that-should-not-exist-whose-status-code-should-not-be-200", ""])
def test_knows_no_other_address(stranger: Browser, name: str) -> None:
    """Password managers ask for one that is not there, to see whether a site answers 200 to everything."""
    assert stranger.client.get(f"/.well-known/{name}").status_code == 404

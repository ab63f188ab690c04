"""Tests of verifications that began before an operator took their method out of the installation."""

import pytest

from tests.journeys.conftest import Uninstall
from tests.simulated.people import Person

GONE = "sign_in:method_gone"  # an outcome that a page tells


@pytest.mark.parametrize("address", ["/sign-in/verify/", "/sign-in/options/"])
def test_open_code_page_leads_to_the_methods_that_are_left(ana: Person, uninstall: Uninstall, address: str) -> None:
    """Seen failing: status 500."""
    ana.give_password()
    uninstall("text", "call")

    page = ana.browser.go(address)

    assert page.path == "/sign-in/options/"
    assert not page.offers("Text message")
    page = ana.browser.press("Authenticator app")
    assert ana.verify(ana.read_app()).path == "/"


def test_page_says_that_the_method_is_gone(ana: Person, uninstall: Uninstall) -> None:
    ana.give_password()
    uninstall("text", "call")

    assert GONE in ana.browser.reload().outcomes
    assert GONE not in ana.browser.reload().outcomes


@pytest.mark.parametrize("label", ["Verify", "Send a new code"])
def test_open_form_leads_to_the_methods_that_are_left(ana: Person, uninstall: Uninstall, label: str) -> None:
    """Seen failing: status 500."""
    page = ana.give_password()
    uninstall("text", "call")

    page = ana.browser.press_in_tab(page, label, **({"code": "123456"} if label == "Verify" else {}))

    assert (page.path, GONE in page.outcomes) == ("/sign-in/options/", True)


def test_waiting_page_reloads(ana: Person, uninstall: Uninstall) -> None:
    """Seen failing: status 500."""
    page = ana.give_password()
    uninstall("text", "call")
    address = next(part for part in page.html.split('"') if part.startswith("/sign-in/status/")).replace("&amp;", "&")

    answer = ana.browser.client.get(address, headers={"Accept": "application/json"})

    assert (answer.status_code, answer.json()["reload"]) == (200, True)


def test_registration_goes_back_to_the_choice(ben: Person, uninstall: Uninstall) -> None:
    """Seen failing: status 500."""
    ben.give_password()
    page = ben.browser.press("Authenticator app")
    code = ben.read_app()
    uninstall("totp")

    reloaded, sent = ben.browser.reload(), ben.browser.press_in_tab(page, "Verify", code=code)

    assert [(each.path, GONE in each.outcomes) for each in (reloaded, sent)] == [("/sign-in/register/", True)] * 2
    assert not sent.offers("Authenticator app")


def test_registration_ends_with_a_method_that_was_verified_in_time(ben: Person, uninstall: Uninstall) -> None:
    """Seen failing: status 500."""
    ben.give_password()
    ben.browser.press("Authenticator app")
    ben.verify(ben.read_app())
    ben.browser.go("/sign-in/register/codes/")
    uninstall("totp")

    page = ben.browser.press("Not now")

    assert (page.status, ben.browser.go("/").path) == (200, "/")


@pytest.mark.parametrize("how", ["try it out", "set it up"])
def test_verification_in_the_portal_goes_back_to_the_methods(ana: Person, uninstall: Uninstall, how: str) -> None:
    """Seen failing: status 500, and then a redirect without end."""
    ana.sign_in()
    if how == "try it out":
        ana.browser.send(f"/methods/{ana.enrolment('text').ref}/try/")
    else:
        ana.browser.send("/methods/add/", method="totp")
    assert ana.page.path == "/sign-in/verify/"
    uninstall("text", "call", "totp")

    page = ana.browser.reload()

    assert (page.path, GONE in page.outcomes) == ("/methods/", True)


@pytest.mark.parametrize("what", ["try", "usual", "rename", "remove"])
def test_method_that_is_gone_is_tried_out_by_nobody(ana: Person, uninstall: Uninstall, what: str) -> None:
    """Seen failing: status 500."""
    ana.sign_in()
    uninstall("text", "call")

    assert ana.browser.send(f"/methods/{ana.enrolment('text').ref}/{what}/", name="mine").path == "/methods/"

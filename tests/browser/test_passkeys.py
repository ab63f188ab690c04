"""Tests of passkeys in a browser with a virtual authenticator."""

import re

import pytest
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from tests.browser.page_actions import (
    expect_in,
    expect_outcome,
    fill,
    follow,
    give_password,
    press,
    sign_out,
    unfold,
)
from tests.simulated.people import Person
from verification.models import Policy

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def name_key(page: Page, name: str) -> None:
    """Add a passkey of this name."""
    page.goto("/methods/add/")
    press(page, "Passkey")
    fill(page, "Your name for it", name)
    press(page, "Continue")
    press(page, "Create a passkey")
    expect(page.get_by_role("article", name=re.compile(name))).to_be_visible()


@pytest.fixture
def keyring(portal_page: Page, settings: Settings, live_server: LiveServer) -> Page:
    """Add a virtual fingerprint reader that always accepts to the browser."""
    settings.PUBLIC_URL = live_server.url
    devices = portal_page.context.new_cdp_session(portal_page)
    devices.send("WebAuthn.enable")
    traits = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    agrees = {"isUserVerified": True, "automaticPresenceSimulation": True}
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": traits | agrees})
    return portal_page


def test_makes_a_passkey_and_signs_in_with_it(keyring: Page, ana: Person) -> None:
    name_key(keyring, "blue key")
    press(keyring, "Make default Passkey")
    expect_outcome(keyring, "portal:default_changed")
    sign_out(keyring)

    give_password(keyring, ana)
    press(keyring, "Use your passkey")

    expect_in(keyring, ana)


def test_says_what_to_do_when_no_passkey_comes(
    portal_on_desktop: Page, settings: Settings, live_server: LiveServer
) -> None:
    settings.PUBLIC_URL = live_server.url
    portal_on_desktop.goto("/methods/add/")
    press(portal_on_desktop, "Passkey")
    press(portal_on_desktop, "Continue")
    expect(portal_on_desktop.locator("[data-passkey=create] button")).to_be_visible()
    causes = ("NotAllowedError", "InvalidStateError", "ConstraintError", "SecurityError")
    for name, said in (*((each, each) for each in causes), ("UnknownError", "")):
        refuse = "(name) => { navigator.credentials.create = () => Promise.reject(new DOMException('', name)); }"
        portal_on_desktop.evaluate(refuse, name)

        press(portal_on_desktop, "Create a passkey")

        shown = portal_on_desktop.get_by_role("alert").locator("p:visible")
        expect(shown).to_have_count(1)
        expect(shown).to_have_attribute("data-passkey-error", said)


def test_says_that_this_device_has_a_passkey_already(keyring: Page) -> None:
    name_key(keyring, "blue key")
    keyring.goto("/methods/add/")
    press(keyring, "Passkey")
    press(keyring, "Continue")

    press(keyring, "Create a passkey")

    shown = keyring.get_by_role("alert").locator("p:visible")
    expect(shown).to_have_attribute("data-passkey-error", "InvalidStateError")


# Writes down what the page tells the browser, where a test can read it.
NOTES = """if (window.PublicKeyCredential) PublicKeyCredential.signalAllAcceptedCredentials = async (keys) => {
  document.documentElement.dataset.told = String(keys.allAcceptedCredentialIds.length);
};"""


def test_tells_the_browser_which_passkeys_still_count(keyring: Page) -> None:
    keyring.add_init_script(NOTES)
    name_key(keyring, "blue key")
    expect(keyring.locator("html")).to_have_attribute("data-told", "1")

    follow(keyring, "Remove Passkey")
    press(keyring, "Remove method")

    expect_outcome(keyring, "portal:method_removed")
    expect(keyring.locator("html")).to_have_attribute("data-told", "0")


def test_signs_in_by_the_passkey_alone(keyring: Page, ana: Person) -> None:
    keyring.add_init_script(
        "if (window.PublicKeyCredential) PublicKeyCredential.isConditionalMediationAvailable = async () => false;"
    )
    Policy.objects.create(passwordless_allowed=True)
    name_key(keyring, "blue key")
    sign_out(keyring)

    press(keyring, "Use your passkey")

    expect_in(keyring, ana)


def test_offers_the_passkey_in_the_name_field(keyring: Page, ana: Person) -> None:
    """The device of the tests agrees at once, so the field's quiet question signs Ana in again after she signed out."""
    Policy.objects.create(passwordless_allowed=True)
    name_key(keyring, "blue key")

    unfold(keyring)
    with keyring.expect_request(lambda request: request.url.endswith("/sign-in/?signed-out=1")):
        press(keyring, "Sign out")

    expect_in(keyring, ana)

"""Tests of the portal in Chromium, on a phone and a desktop: each action of a signed-in person, from its first page."""

import re

import pytest
from django.utils import timezone
from django_otp.oath import totp
from playwright.sync_api import Page, expect

from accounts.models import User
from tests.browser.page_actions import (
    MINUTES_UNTIL_REAUTHENTICATION,
    SECONDS_TO_NEXT_APP_CODE,
    choose,
    expect_heading,
    expect_in,
    expect_outcome,
    expect_page,
    expect_said,
    fill,
    follow,
    give_password,
    pick,
    press,
    prove_again,
    sign_out,
    tick,
    unfold,
    use,
    verify,
)
from tests.simulated.http_browser import Browser
from tests.simulated.people import BENS, DIFFERENT, PASSWORD, Clock, Person, work
from verification import hardware_token_stock
from verification.context import Context
from verification.delivery.providers.virtual.models import Delivery
from verification.models import Enrolment, Policy

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NEW = "seven green bicycles"


def go(page: Page, place: str) -> None:
    """Follow a link of the portal's navigation, which is a menu on a phone."""
    if page.get_by_role("button", name="Menu").is_visible():
        press(page, "Menu")
    use(page, page.get_by_role("navigation", name="Main").get_by_role("link", name=place))


def prove_another_number(page: Page, person: Person) -> None:
    """Set up texts for a number on another phone, and verify it."""
    press(page, "Text message")
    fill(page, "Phone number", "078 555 01 45")
    press(page, "Continue")
    expect_page(page, "/sign-in/verify/")
    person.phone.number = BENS
    verify(page, person.read_text())


def test_adds_a_number_and_names_it_and_makes_it_the_usual_one_and_removes_it(portal_page: Page, ana: Person) -> None:
    go(portal_page, "Methods")
    follow(portal_page, "Add a method")
    prove_another_number(portal_page, ana)

    follow(portal_page, "Rename Text message ••• •• 45")
    fill(portal_page, "Your name for it", "spare")
    press(portal_page, "Save")
    expect_outcome(portal_page, "portal:saved")

    press(portal_page, "Make default Text message ••• •• 45 (spare)")
    expect_outcome(portal_page, "portal:default_changed")
    expect(portal_page.get_by_role("article", name=re.compile("spare")).get_by_text("Default")).to_be_visible()

    follow(portal_page, "Remove Text message ••• •• 45 (spare)")
    expect_page(portal_page, "/methods/*/remove/")
    press(portal_page, "Remove method")
    expect_outcome(portal_page, "portal:method_removed")
    expect(portal_page.get_by_role("article", name=re.compile("spare"))).to_have_count(0)


def test_asks_for_a_fresh_proof_in_place_and_comes_back(portal_page: Page, ana: Person, clock: Clock) -> None:
    go(portal_page, "Methods")
    clock.forward(minutes=MINUTES_UNTIL_REAUTHENTICATION)

    press(portal_page, "Make default Authenticator app")
    prove_again(portal_page, ana)
    expect_heading(portal_page, "You’re verified")
    press(portal_page, "Continue")

    expect_outcome(portal_page, "portal:default_changed")
    assert ana.enrolment("totp").is_default


def test_makes_a_new_set_of_recovery_codes_and_copies_it(portal_page: Page) -> None:
    portal_page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    go(portal_page, "Methods")
    follow(portal_page, "Get new codes")
    press(portal_page, "Get new codes")
    expect(portal_page.locator("#codes li")).to_have_count(10)

    press(portal_page, "Copy")
    expect(portal_page.get_by_role("button", name="Copied")).to_be_visible()
    kept = portal_page.evaluate("navigator.clipboard.readText()")
    assert kept.split("\n")[:-1] == portal_page.locator("#codes li").all_inner_texts()

    follow(portal_page, "I’ve stored them")
    expect(portal_page.get_by_text("10 codes left.")).to_be_visible()


def test_tries_a_method_out(portal_page: Page, ana: Person) -> None:
    go(portal_page, "Methods")
    press(portal_page, "Try it now Authenticator app")
    expect_page(portal_page, "/sign-in/verify/")

    verify(portal_page, ana.read_app())

    expect_outcome(portal_page, "portal:method_works")


def test_moves_to_a_new_phone(portal_page: Page, ana: Person) -> None:
    go(portal_page, "Methods")
    follow(portal_page, "Move to a new phone")
    press(portal_page, "Start")
    prove_another_number(portal_page, ana)

    tick(portal_page, "Text message ••• •• 23")
    tick(portal_page, "Phone call ••• •• 23")
    press(portal_page, "Finish")

    expect_outcome(portal_page, "portal:phone_moved")
    hints = Enrolment.objects.filter(method__in=["text", "call"]).values_list("hint", flat=True)
    assert set(hints) == {"•••\xa0••\xa045"}


def test_makes_an_app_password_and_copies_it_and_deletes_it(portal_page: Page) -> None:
    portal_page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    go(portal_page, "App passwords")
    follow(portal_page, "Create an app password")
    fill(portal_page, "Name", "old laptop")
    press(portal_page, "Create app password")
    expect(portal_page.locator("#app-password")).to_be_visible()
    press(portal_page, "Copy")
    expect(portal_page.get_by_role("button", name="Copied")).to_be_visible()
    assert portal_page.evaluate("navigator.clipboard.readText()") == portal_page.locator("#app-password").inner_text()

    follow(portal_page, "Done")
    follow(portal_page, "old laptop")
    follow(portal_page, "Delete app password")
    press(portal_page, "Delete app password")

    expect_said(portal_page, "Deleted.")
    expect(portal_page.locator("[data-empty]")).to_be_visible()


def test_forgets_a_remembered_browser(portal_page: Page, ana: Person, clock: Clock) -> None:
    Person(ana.user, ana.phone, browser=Browser(agent="Mozilla/5.0 (Windows NT 10.0) Firefox/140.0")).sign_in(
        remember="on"
    )
    go(portal_page, "Browsers")
    remembered = portal_page.get_by_role("region", name="Remembered browsers")
    expect(remembered.get_by_role("article")).to_have_count(1)

    press(portal_page, "Remove")

    expect_outcome(portal_page, "portal:browser_removed")
    expect(remembered.get_by_role("article")).to_have_count(0)


def test_signs_out_everywhere_else(portal_page: Page, ana: Person) -> None:
    elsewhere = Person(ana.user, ana.phone)
    elsewhere.sign_in()
    go(portal_page, "Browsers")

    press(portal_page, "End all other sessions")

    expect_outcome(portal_page, "portal:sessions_ended")
    assert elsewhere.browser.go("/").path == "/sign-in/"


def test_makes_the_account_safe_and_opens_it_again(portal_page: Page, ana: Person) -> None:
    go(portal_page, "Activity")
    follow(portal_page, "This wasn’t me")
    expect_page(portal_page, "/activity/not-me/")
    press(portal_page, "Secure my account")
    expect_page(portal_page, "/activity/secure/")
    follow(portal_page, "Change password")
    fill(portal_page, "Current password", PASSWORD)
    fill(portal_page, "New password", NEW)
    press(portal_page, "Change password")

    expect_outcome(portal_page, "portal:new_password")
    press(portal_page, "Restore access")

    expect_outcome(portal_page, "portal:access_restored")
    assert User.objects.get(pk=ana.user.pk).securing_since is None


def test_changes_the_password_after_saying_what_is_wrong_with_one(portal_page: Page, ana: Person) -> None:
    unfold(portal_page)
    follow(portal_page, "Change password")
    fill(portal_page, "Current password", PASSWORD)
    fill(portal_page, "New password", "short")
    press(portal_page, "Change password")
    expect(portal_page.locator(".field.wrong .error")).to_contain_text("too short")

    fill(portal_page, "Current password", PASSWORD)
    fill(portal_page, "New password", NEW)
    press(portal_page, "Change password")

    expect_outcome(portal_page, "portal:password_changed")
    assert User.objects.get(pk=ana.user.pk).check_password(NEW)


def test_speaks_of_time_as_the_person_says(portal_page: Page, ana: Person) -> None:
    unfold(portal_page)
    follow(portal_page, "Your details")
    pick(portal_page, "Time zone", "Asia/Tokyo")
    press(portal_page, "Save")

    expect_outcome(portal_page, "portal:saved")
    expect(portal_page.get_by_label("Time zone")).to_have_value("Asia/Tokyo")
    assert User.objects.get(pk=ana.user.pk).time_zone == "Asia/Tokyo"


def test_asks_a_stale_session_again_and_takes_a_different_option(
    portal_on_desktop: Page, ana: Person, clock: Clock
) -> None:
    clock.forward(minutes=MINUTES_UNTIL_REAUTHENTICATION)
    portal_on_desktop.goto("/methods/add/")
    expect_page(portal_on_desktop, "/sign-in/again/")
    press(portal_on_desktop, "Text message")
    expect_page(portal_on_desktop, "/sign-in/verify/")
    follow(portal_on_desktop, DIFFERENT)
    press(portal_on_desktop, "Authenticator app")
    clock.forward(seconds=SECONDS_TO_NEXT_APP_CODE)

    verify(portal_on_desktop, ana.read_app())

    expect_page(portal_on_desktop, "/methods/add/")


def test_shows_in_the_list_of_places_where_one_is(portal_page: Page) -> None:
    go(portal_page, "Activity")
    expect_heading(portal_page, "Activity")

    if portal_page.get_by_role("button", name="Menu").is_visible():
        press(portal_page, "Menu")
    expect(portal_page.locator(".nav [aria-current]")).to_be_in_viewport(ratio=1)


def test_activates_a_hardware_token_and_signs_in_with_it(portal_page: Page, ana: Person) -> None:
    secret = bytes(range(20))
    context = Context(now=timezone.now())
    seed = hardware_token_stock.Seed(serial="TK-0042", secret=secret, manufacturer="grey", model="token")
    hardware_token_stock.bring_in(seed, ana.user, context, actor_id=None)

    portal_page.goto("/methods/add/")
    press(portal_page, "Hardware token")
    fill(portal_page, "Serial number", "tk-0042")
    press(portal_page, "Continue")
    expect_page(portal_page, "/sign-in/verify/")
    verify(portal_page, f"{totp(secret):06d}")
    expect(portal_page.get_by_role("article", name=re.compile("Hardware token"))).to_be_visible()
    Enrolment.objects.filter(method="token").update(counter=-1)  # the next half minute, as far as the token goes
    sign_out(portal_page)
    give_password(portal_page, ana)
    choose(portal_page, "Hardware token")
    verify(portal_page, f"{totp(secret):06d}")

    expect_in(portal_page, ana)


def mailed() -> str:
    """Return the code in the newest email."""
    work()
    found = re.search(r"\b\d{6}\b", Delivery.objects.filter(to="ana@home.example").latest("pk").words)
    assert found
    return found[0]


def test_sets_mail_up_and_signs_in_with_its_code(portal_page: Page, ana: Person) -> None:
    Policy.objects.create(methods=["text", "call", "totp", "email", "recovery"])
    portal_page.goto("/methods/add/")
    press(portal_page, "Email")
    fill(portal_page, "Email address", "ana@home.example")
    press(portal_page, "Continue")
    expect_page(portal_page, "/sign-in/verify/")
    verify(portal_page, mailed())
    expect(portal_page.get_by_role("article", name=re.compile("Email"))).to_be_visible()
    sign_out(portal_page)
    give_password(portal_page, ana)
    choose(portal_page, "Email")
    expect_page(portal_page, "/sign-in/verify/")
    verify(portal_page, mailed())

    expect_in(portal_page, ana)

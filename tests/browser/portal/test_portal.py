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
from verification import hardware_tokens
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
    expect_heading(page, "Verify your new method")
    person.phone.number = BENS
    verify(page, person.read_text())


def test_adds_a_number_and_names_it_and_makes_it_the_usual_one_and_removes_it(at_home: Page, ana: Person) -> None:
    go(at_home, "Methods")
    follow(at_home, "Add a method")
    prove_another_number(at_home, ana)

    follow(at_home, "Rename Text message ••• •• 45")
    fill(at_home, "Your name for it", "spare")
    press(at_home, "Save")
    expect_outcome(at_home, "portal:saved")

    press(at_home, "Make default Text message ••• •• 45 (spare)")
    expect_outcome(at_home, "portal:default_changed")
    expect(at_home.get_by_role("article", name=re.compile("spare")).get_by_text("Default")).to_be_visible()

    follow(at_home, "Remove Text message ••• •• 45 (spare)")
    expect_heading(at_home, "Remove this method?")
    press(at_home, "Remove method")
    expect_outcome(at_home, "portal:method_removed")
    expect(at_home.get_by_role("article", name=re.compile("spare"))).to_have_count(0)


def test_asks_for_a_fresh_proof_in_place_and_comes_back(at_home: Page, ana: Person, clock: Clock) -> None:
    go(at_home, "Methods")
    clock.forward(minutes=MINUTES_UNTIL_REAUTHENTICATION)

    press(at_home, "Make default Authenticator app")
    prove_again(at_home, ana)
    expect_heading(at_home, "You’re verified")
    press(at_home, "Continue")

    expect_outcome(at_home, "portal:default_changed")
    assert ana.enrolment("totp").is_default


def test_makes_a_new_set_of_recovery_codes_and_copies_it(at_home: Page) -> None:
    at_home.context.grant_permissions(["clipboard-read", "clipboard-write"])
    go(at_home, "Methods")
    follow(at_home, "Get new codes")
    press(at_home, "Get new codes")
    expect(at_home.locator("#codes li")).to_have_count(10)

    press(at_home, "Copy")
    expect(at_home.get_by_role("button", name="Copied")).to_be_visible()
    kept = at_home.evaluate("navigator.clipboard.readText()")
    assert kept.split("\n")[:-1] == at_home.locator("#codes li").all_inner_texts()

    follow(at_home, "I’ve stored them")
    expect(at_home.get_by_text("10 codes left.")).to_be_visible()


def test_tries_a_method_out(at_home: Page, ana: Person) -> None:
    go(at_home, "Methods")
    press(at_home, "Try it now Authenticator app")
    expect_heading(at_home, "Try it out")

    verify(at_home, ana.read_app())

    expect_outcome(at_home, "portal:method_works")


def test_moves_to_a_new_phone(at_home: Page, ana: Person) -> None:
    go(at_home, "Methods")
    follow(at_home, "Move to a new phone")
    press(at_home, "Start")
    prove_another_number(at_home, ana)

    tick(at_home, "Text message ••• •• 23")
    tick(at_home, "Phone call ••• •• 23")
    press(at_home, "Finish")

    expect_outcome(at_home, "portal:phone_moved")
    hints = Enrolment.objects.filter(method__in=["text", "call"]).values_list("hint", flat=True)
    assert set(hints) == {"•••\xa0••\xa045"}


def test_makes_an_app_password_and_copies_it_and_deletes_it(at_home: Page) -> None:
    at_home.context.grant_permissions(["clipboard-read", "clipboard-write"])
    go(at_home, "App passwords")
    follow(at_home, "Create an app password")
    fill(at_home, "Name", "old laptop")
    press(at_home, "Create app password")
    expect_heading(at_home, "Your app password")
    press(at_home, "Copy")
    expect(at_home.get_by_role("button", name="Copied")).to_be_visible()
    assert at_home.evaluate("navigator.clipboard.readText()") == at_home.locator("#app-password").inner_text()

    follow(at_home, "Done")
    follow(at_home, "old laptop")
    follow(at_home, "Delete app password")
    press(at_home, "Delete app password")

    expect_said(at_home, "Deleted.")
    expect(at_home.locator("[data-empty]")).to_be_visible()


def test_forgets_a_remembered_browser(at_home: Page, ana: Person, clock: Clock) -> None:
    Person(ana.user, ana.phone, browser=Browser(agent="Mozilla/5.0 (Windows NT 10.0) Firefox/140.0")).sign_in(
        remember="on"
    )
    go(at_home, "Browsers")
    remembered = at_home.get_by_role("region", name="Remembered browsers")
    expect(remembered.get_by_role("article")).to_have_count(1)

    press(at_home, "Remove")

    expect_outcome(at_home, "portal:browser_removed")
    expect(remembered.get_by_role("article")).to_have_count(0)


def test_signs_out_everywhere_else(at_home: Page, ana: Person) -> None:
    elsewhere = Person(ana.user, ana.phone)
    elsewhere.sign_in()
    go(at_home, "Browsers")

    press(at_home, "End all other sessions")

    expect_outcome(at_home, "portal:sessions_ended")
    assert elsewhere.browser.go("/").path == "/sign-in/"


def test_makes_the_account_safe_and_opens_it_again(at_home: Page, ana: Person) -> None:
    go(at_home, "Activity")
    follow(at_home, "This wasn’t me")
    expect_heading(at_home, "Secure your account")
    press(at_home, "Secure my account")
    expect_heading(at_home, "Secure your account: 3 steps")
    follow(at_home, "Change password")
    fill(at_home, "Current password", PASSWORD)
    fill(at_home, "New password", NEW)
    press(at_home, "Change password")

    expect_outcome(at_home, "portal:new_password")
    press(at_home, "Restore access")

    expect_outcome(at_home, "portal:access_restored")
    assert User.objects.get(pk=ana.user.pk).securing_since is None


def test_changes_the_password_after_saying_what_is_wrong_with_one(at_home: Page, ana: Person) -> None:
    unfold(at_home)
    follow(at_home, "Change password")
    fill(at_home, "Current password", PASSWORD)
    fill(at_home, "New password", "short")
    press(at_home, "Change password")
    expect(at_home.locator(".field.wrong .error")).to_contain_text("too short")

    fill(at_home, "Current password", PASSWORD)
    fill(at_home, "New password", NEW)
    press(at_home, "Change password")

    expect_outcome(at_home, "portal:password_changed")
    assert User.objects.get(pk=ana.user.pk).check_password(NEW)


def test_speaks_of_time_as_the_person_says(at_home: Page, ana: Person) -> None:
    unfold(at_home)
    follow(at_home, "Your details")
    pick(at_home, "Time zone", "Asia/Tokyo")
    press(at_home, "Save")

    expect_outcome(at_home, "portal:saved")
    expect(at_home.get_by_label("Time zone")).to_have_value("Asia/Tokyo")
    assert User.objects.get(pk=ana.user.pk).time_zone == "Asia/Tokyo"


def test_asks_a_stale_session_again_and_takes_a_different_option(at_desktop: Page, ana: Person, clock: Clock) -> None:
    clock.forward(minutes=MINUTES_UNTIL_REAUTHENTICATION)
    at_desktop.goto("/methods/add/")
    expect_heading(at_desktop, "Verify it’s you")
    press(at_desktop, "Text message")
    expect_heading(at_desktop, "Verify it’s you")
    follow(at_desktop, DIFFERENT)
    press(at_desktop, "Authenticator app")
    clock.forward(seconds=SECONDS_TO_NEXT_APP_CODE)

    verify(at_desktop, ana.read_app())

    expect_heading(at_desktop, "Add a method")


def test_shows_in_the_list_of_places_where_one_is(at_home: Page) -> None:
    go(at_home, "Activity")
    expect_heading(at_home, "Activity")

    if at_home.get_by_role("button", name="Menu").is_visible():
        press(at_home, "Menu")
    expect(at_home.locator(".nav [aria-current]")).to_be_in_viewport(ratio=1)


def test_activates_a_hardware_token_and_signs_in_with_it(at_home: Page, ana: Person) -> None:
    secret = bytes(range(20))
    context = Context(now=timezone.now())
    seed = hardware_tokens.Seed(serial="TK-0042", secret=secret, manufacturer="grey", model="token")
    hardware_tokens.bring_in(seed, ana.user, context, actor_id=None)

    at_home.goto("/methods/add/")
    press(at_home, "Hardware token")
    fill(at_home, "Serial number", "tk-0042")
    press(at_home, "Continue")
    expect_heading(at_home, "Verify your new method")
    verify(at_home, f"{totp(secret):06d}")
    expect(at_home.get_by_role("article", name=re.compile("Hardware token"))).to_be_visible()
    Enrolment.objects.filter(method="token").update(counter=-1)  # the next half minute, as far as the token goes
    sign_out(at_home)
    give_password(at_home, ana)
    choose(at_home, "Hardware token")
    verify(at_home, f"{totp(secret):06d}")

    expect_in(at_home, ana)


def mailed() -> str:
    """Return the code in the newest email."""
    work()
    found = re.search(r"\b\d{6}\b", Delivery.objects.filter(to="ana@home.example").latest("pk").words)
    assert found
    return found[0]


def test_sets_mail_up_and_signs_in_with_its_code(at_home: Page, ana: Person) -> None:
    Policy.objects.create(methods=["text", "call", "totp", "email", "recovery"])
    at_home.goto("/methods/add/")
    press(at_home, "Email")
    fill(at_home, "Email address", "ana@home.example")
    press(at_home, "Continue")
    expect_heading(at_home, "Verify your new method")
    verify(at_home, mailed())
    expect(at_home.get_by_role("article", name=re.compile("Email"))).to_be_visible()
    sign_out(at_home)
    give_password(at_home, ana)
    choose(at_home, "Email")
    expect_heading(at_home, "Verify it’s you")
    verify(at_home, mailed())

    expect_in(at_home, ana)

"""Tests that the portal keeps nobody out: every page passes axe and is used by the keyboard alone."""

import pytest
from playwright.sync_api import expect

from accounts.models import SecondStep, User
from tests.browser.page_actions import (
    MINUTES_UNTIL_REAUTHENTICATION,
    expect_heading,
    expect_in,
    expect_page,
    fill,
    follow,
    give_password,
    press,
    unfold,
    verify,
)
from tests.browser.portal.full_portals import UNBROKEN, fill_up
from tests.browser.screen_sizes_and_accessibility import PageChecker
from tests.simulated.people import PASSWORD, Clock, Person
from verification.models import Enrolment

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_keeps_nobody_out_of_an_empty_portal(page_checker: PageChecker, ben: Person) -> None:
    User.objects.filter(pk=ben.user.pk).update(second_step=SecondStep.DISABLED)
    give_password(page_checker.page, ben)
    expect_in(page_checker.page, ben)
    page_checker.at("empty-home")
    for place in ("methods", "app-passwords", "browsers", "activity"):
        page_checker.page.goto(f"/{place}/")
        page_checker.at(f"empty-{place}")

    assert page_checker.found == []


def test_keeps_nobody_out_of_the_portal(portal_checker: PageChecker, ana: Person) -> None:
    ref = ana.enrolment("totp").ref
    portal_checker.over(
        "/", "/methods/", f"/methods/{ref}/rename/", f"/methods/{ref}/remove/", "/browsers/", "/activity/"
    )
    portal_checker.over("/activity/not-me/", "/activity/secure/", "/profile/", "/sign-out/")
    portal_checker.page.goto("/")
    unfold(portal_checker.page)
    portal_checker.at("home-menu")

    assert portal_checker.found == []


def test_keeps_nobody_out_of_adding_a_method(portal_checker: PageChecker) -> None:
    page = portal_checker.page
    portal_checker.over("/methods/add/", "/methods/add/text/", "/methods/add/call/", "/methods/add/passkey/")
    press(page, "Continue")
    expect(page.locator("[data-passkey=create] button")).to_be_visible()
    portal_checker.at("methods-add-passkey-prove")
    page.goto("/methods/add/")
    press(page, "Authenticator app")
    expect(page.locator(".qr-code svg")).to_be_visible()
    portal_checker.at("methods-add-app-prove")
    portal_checker.over("/methods/recovery-codes/")
    press(page, "Get new codes")
    expect(page.locator("#codes li")).to_have_count(10)
    portal_checker.at("methods-recovery-codes-shown")

    assert portal_checker.found == []


def test_keeps_nobody_out_of_a_new_phone(portal_checker: PageChecker, ana: Person, clock: Clock) -> None:
    page = portal_checker.page
    portal_checker.over("/methods/new-phone/")
    press(page, "Start")
    expect(page.get_by_role("heading", name="1. Set up the new phone")).to_be_visible()
    portal_checker.at("methods-new-phone-begun")
    clock.forward(seconds=1)
    ana.set_up("totp")
    page.reload()
    expect(page.get_by_role("button", name="Finish")).to_be_visible()
    portal_checker.at("methods-new-phone-proven")

    assert portal_checker.found == []


def test_keeps_nobody_out_of_app_passwords(portal_checker: PageChecker) -> None:
    page = portal_checker.page
    portal_checker.over("/app-passwords/make/")
    unfold(page, "Restrictions (optional)")
    fill(page, "Only from this network", "everywhere")
    press(page, "Create app password")
    expect(page.locator(".field.wrong")).to_have_count(2)
    portal_checker.at("app-passwords-make-wrong")
    fill(page, "Only from this network", "")
    fill(page, "Name", "old laptop")
    press(page, "Create app password")
    expect(page.locator("#app-password")).to_be_visible()
    portal_checker.at("app-passwords-shown")
    follow(page, "Done")
    follow(page, "old laptop")
    expect_heading(page, "old laptop")
    portal_checker.at("app-password")
    follow(page, "Delete app password")
    expect_page(page, "/app-passwords/*/delete/")
    portal_checker.at("app-passwords-delete")
    portal_checker.over("/app-passwords/?unused=1")

    assert portal_checker.found == []


def test_keeps_nobody_out_of_making_an_account_safe(portal_checker: PageChecker) -> None:
    page = portal_checker.page
    page.goto("/activity/not-me/")
    press(page, "Secure my account")
    expect_page(page, "/activity/secure/")
    portal_checker.at("activity-securing")
    portal_checker.over("/password/")
    fill(page, "Current password", PASSWORD)
    fill(page, "New password", "short")
    press(page, "Change password")
    expect(page.locator(".field.wrong")).to_be_visible()
    portal_checker.at("password-too-short")

    assert portal_checker.found == []


def test_keeps_nobody_out_of_proving_themselves_again(portal_checker: PageChecker, ana: Person, clock: Clock) -> None:
    page = portal_checker.page
    page.goto("/methods/")
    clock.forward(minutes=MINUTES_UNTIL_REAUTHENTICATION)
    press(page, "Make default Authenticator app")
    expect_page(page, "/sign-in/again/")
    portal_checker.at("reauthenticate")
    press(page, "Authenticator app")
    expect_page(page, "/sign-in/verify/")
    portal_checker.at("again-verify")
    verify(page, ana.read_app())
    expect_heading(page, "You’re verified")
    portal_checker.at("again-go-on")

    assert portal_checker.found == []


def test_keeps_nobody_out_of_a_full_portal(portal_checker: PageChecker, ana: Person) -> None:
    ana.user = User.objects.get(pk=ana.user.pk)
    fill_up(ana)
    for place in ("", "methods/", "app-passwords/", "browsers/", "activity/"):
        portal_checker.page.goto(f"/{place}")
        portal_checker.at(f"full-{place.strip('/') or 'home'}")
    named = Enrolment.objects.filter(name=UNBROKEN).first()
    assert named
    portal_checker.over(f"/methods/{named.ref}/rename/", "/sign-in/again/", "/app-passwords/delete/")

    assert portal_checker.found == []

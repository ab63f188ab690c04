"""Tests of every page for accessibility, in light and dark, on a phone and a desktop."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import OperationalError
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from tests.browser.page_actions import (
    MINUTES_UNTIL_REAUTHENTICATION,
    choose,
    expect_heading,
    expect_options,
    expect_page,
    fill,
    follow,
    give_password,
    pick,
    press,
    unfold,
    verify,
)
from tests.browser.portal.full_portals import fill_up
from tests.browser.screen_sizes_and_accessibility import PageChecker
from tests.real_programs.chromium import BROKEN, opened
from tests.simulated.people import ANAS, DIFFERENT, PASSWORD, Clock, Person, hire, work
from verification import policies
from verification.models import Policy
from verification.policies import DecisionReason

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def number(page: Page, digits: str) -> None:
    """Type a phone number and send it."""
    fill(page, "Phone number", digits)
    press(page, "Continue")


def test_keeps_nobody_out_of_the_first_step(page_checker: PageChecker, ana: Person) -> None:
    Policy.objects.create(passwordless_allowed=True)
    page = page_checker.page
    page.goto("/sign-in/")
    unfold(page, "Contact your support desk")
    page_checker.at("sign-in")
    press(page, "Sign in")
    expect(page.locator(".field.wrong")).to_have_count(2)
    page_checker.at("sign-in-nothing-typed")
    fill(page, "Username", "ana")
    fill(page, "Password", "wrong")
    press(page, "Sign in")
    expect(page.locator(".notice")).to_be_visible()
    page_checker.at("sign-in-wrong")

    assert page_checker.found == []


def test_keeps_nobody_out_of_the_second_step(page_checker: PageChecker, ana: Person, clock: Clock) -> None:
    ana.print_codes()
    page = page_checker.page
    give_password(page, ana)
    expect_page(page, "/sign-in/verify/")
    page_checker.at("verify-text")
    wrong = f"{(int(ana.read_text()) + 1) % 1_000_000:06d}"
    verify(page, wrong)
    expect(page.locator(".notice")).to_be_visible()
    page_checker.at("verify-text-wrong")
    follow(page, DIFFERENT)
    expect_options(page)
    page_checker.at("options")
    press(page, "Phone call")
    expect(page.locator(".match")).to_be_visible()
    page_checker.at("verify-call")
    choose(page, "Authenticator app")
    expect(page.locator("[data-outcome='method:totp']")).to_be_visible()
    page_checker.at("verify-app")
    choose(page, "Recovery code")
    expect(page.get_by_label("Recovery code")).to_be_visible()
    page_checker.at("verify-recovery")
    choose(page, "Text message")
    expect(page.locator(".delivery")).to_be_visible()
    clock.forward(minutes=MINUTES_UNTIL_REAUTHENTICATION)
    page.reload()
    page_checker.at("verify-too-old")

    assert page_checker.found == []


def test_keeps_nobody_out_of_the_way_to_support(page_checker: PageChecker, cleo: Person) -> None:
    give_password(page_checker.page, cleo)
    expect(page_checker.page.locator(".support")).to_be_visible()
    page_checker.at("verify-no-other-option")
    User.objects.filter(pk=cleo.user.pk).update(blocked_until=timezone.now() + timedelta(days=1))
    give_password(page_checker.page, cleo)
    expect(page_checker.page.locator(f"[data-outcome='why:{DecisionReason.BLOCKED}']")).to_be_visible()
    page_checker.at("closed")

    assert page_checker.found == []


def test_keeps_nobody_out_of_a_new_password(page_checker: PageChecker, ana: Person, live_server: LiveServer) -> None:
    page = page_checker.page
    page_checker.over("/password-reset/")
    fill(page, "Username or email address", "ana")
    press(page, "Email me the link")
    expect_heading(page, "Check your email")
    page_checker.at("password-reset-asked")
    work()
    page.goto("/phone/mail/")
    link = re.search(r"http\S+/password-reset/\S+", page.locator(".words").first.inner_text())
    assert link
    page_checker.over(urlsplit(link[0]).path)
    fill(page, "New password", "short")
    press(page, "Set the new password")
    expect(page.locator(".field.wrong")).to_be_visible()
    page_checker.at("password-reset-too-short")
    page_checker.over("/password-reset/nobody/nothing/")

    assert page_checker.found == []


def test_keeps_nobody_out_of_the_registration(page_checker: PageChecker, ben: Person) -> None:
    page = page_checker.page
    give_password(page, ben)
    expect_page(page, "/sign-in/register/")
    page_checker.at("register")
    press(page, "Text message")
    expect_page(page, "/sign-in/register/set-up/text/")
    page_checker.at("register-number")
    number(page, "12")
    expect(page.locator(".field.wrong")).to_be_visible()
    page_checker.at("register-number-wrong")
    number(page, "078 555 01 45")
    expect(page.locator(".delivery")).to_be_visible()
    page_checker.at("register-prove-text")
    follow(page, "Set up a different method")
    press(page, "Passkey")
    expect_page(page, "/sign-in/register/set-up/passkey/")
    page_checker.at("register-passkey")
    press(page, "Continue")
    expect(page.locator("[data-passkey=create] button")).to_be_visible()
    page_checker.at("register-prove-passkey")
    follow(page, "Set up a different method")
    press(page, "Authenticator app")
    unfold(page, "Can’t scan it?")
    page_checker.at("register-prove-app")
    verify(page, ben.read_app())
    expect_page(page, "/sign-in/register/second/")
    page_checker.at("register-second")
    follow(page, "Not now")
    expect_page(page, "/sign-in/register/codes/")
    page_checker.at("register-codes")
    press(page, "Show my recovery codes")
    expect(page.locator("#codes li")).to_have_count(10)
    page_checker.at("register-codes-shown")

    assert page_checker.found == []


def test_keeps_nobody_out_of_a_list_of_many_options(page_checker: PageChecker, ana: Person) -> None:
    fill_up(ana)
    give_password(page_checker.page, ana)
    follow(page_checker.page, DIFFERENT)
    expect_options(page_checker.page)
    page_checker.at("full-options")

    assert page_checker.found == []


def test_keeps_nobody_out_of_what_went_wrong(portal_checker: PageChecker) -> None:
    page = portal_checker.page
    portal_checker.over("/there-is-nothing-here/")
    expect_heading(page, "Page not found")
    page.goto("/profile/")
    page.context.clear_cookies(name=settings.CSRF_COOKIE_NAME)
    press(page, "Save")
    expect(page.locator("[data-outcome='form:old']")).to_be_visible()
    portal_checker.at("csrf")

    assert portal_checker.found == []


def test_keeps_nobody_out_of_a_phone_that_cannot_be_reached(page_checker: PageChecker, ana: Person) -> None:
    page_checker.page.goto(f"/phone/{ANAS}/")
    pick(page_checker.page, "What happens", "The phone is off or out of reach")
    press(page_checker.page, "Apply")
    expect(page_checker.page.locator("[data-good]")).to_have_text("Applies to the next message")
    give_password(page_checker.page, ana)
    expect_page(page_checker.page, "/sign-in/verify/")
    work()
    expect(page_checker.page.locator(".delivery").get_by_role("link", name="Help: ")).to_be_visible()
    page_checker.at("verify-undelivered")

    assert page_checker.found == []


@pytest.mark.parametrize(("fault", "status"), [(RuntimeError, 500), (OperationalError, 503)])
def test_keeps_nobody_out_of_a_page_that_is_broken(
    chromium: Browser, live_server: LiveServer, monkeypatch: pytest.MonkeyPatch, fault: type[Exception], status: int
) -> None:
    def breaks(*_: object) -> None:
        raise fault("as if something were wrong with us")

    monkeypatch.setattr(policies, "is_passwordless_allowed", breaks)
    with opened(chromium, live_server.url, forgives=BROKEN) as page:
        page_checker = PageChecker(page)
        page.goto("/sign-in/")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        page_checker.at(f"broken-{status}")

    assert page_checker.found == []


def test_keeps_nobody_out_of_pages_that_refuse(page_checker: PageChecker, cleo: Person) -> None:
    page = page_checker.page
    page.goto("/nowhere/")
    expect_heading(page, "Page not found")
    page_checker.at("refused-404")
    page.goto("/sign-in/")
    page.context.clear_cookies()
    fill(page, "Username", "cleo")
    fill(page, "Password", PASSWORD)
    press(page, "Sign in")
    expect(page.get_by_role("link", name="Help: ")).to_be_visible()
    page_checker.at("refused-403-csrf")
    staff = hire("aud", "Operators")
    give_password(page, staff, to="/admin/accounts/user/")
    verify(page, staff.read_app())
    expect(page.get_by_role("link", name="Help: ")).to_be_visible()
    page_checker.at("refused-403")

    assert page_checker.found == []

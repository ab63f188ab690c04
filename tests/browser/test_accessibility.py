"""Tests of every page for accessibility, in light and dark, on a phone and a desktop."""

import re
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import OperationalError
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts import app_passwords
from accounts.models import SecondStep, User
from tests.browser.page_actions import (
    STALE,
    carry_in,
    choose,
    expect_heading,
    expect_in,
    expect_options,
    fill,
    follow,
    give_password,
    pick,
    press,
    unfold,
    verify,
)
from tests.chromium import BROKEN, REFUSED, opened
from tests.people import ANAS, DIFFERENT, PASSWORD, Clock, Person, hire, work
from tests.screen_sizes_and_accessibility import Look
from verification import audit, browsers, policies
from verification.audit import events
from verification.context import Context
from verification.models import Enrolment, Message, Policy

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LONG = "the old laptop that stands in the workshop behind the green door"
UNBROKEN = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunter"


@pytest.fixture
def look(chromium: Browser, live_server: LiveServer) -> Iterator[Look]:
    """Look at pages, some of which refuse what was asked."""
    with opened(chromium, live_server.url, forgives=REFUSED) as page:
        yield Look(page)


@pytest.fixture
def inside(look: Look, ana: Person, clock: Clock, live_server: LiveServer) -> Look:
    """Return a checker for the portal as Ana, who has just verified and has recovery codes."""
    ana.print_codes()
    carry_in(look.page, ana, clock, live_server)
    return look


def number(page: Page, digits: str) -> None:
    """Type a phone number and send it."""
    fill(page, "Phone number", digits)
    press(page, "Continue")


def test_keeps_nobody_out_of_the_first_step(look: Look, ana: Person) -> None:
    Policy.objects.create(alone_allowed=True)
    page = look.page
    page.goto("/sign-in/")
    unfold(page, "Contact your support desk")
    look.at("sign-in")
    press(page, "Sign in")
    expect(page.locator(".field.wrong")).to_have_count(2)
    look.at("sign-in-nothing-typed")
    fill(page, "Username", "ana")
    fill(page, "Password", "wrong")
    press(page, "Sign in")
    expect(page.locator(".notice")).to_be_visible()
    look.at("sign-in-wrong")

    assert look.found == []


def test_keeps_nobody_out_of_the_second_step(look: Look, ana: Person, clock: Clock) -> None:
    ana.print_codes()
    page = look.page
    give_password(page, ana)
    expect_heading(page, "Verify it’s you")
    look.at("verify-text")
    wrong = f"{(int(ana.read_text()) + 1) % 1_000_000:06d}"
    verify(page, wrong)
    expect(page.locator(".notice")).to_be_visible()
    look.at("verify-text-wrong")
    follow(page, DIFFERENT)
    expect_options(page)
    look.at("options")
    press(page, "Phone call")
    expect(page.locator(".match")).to_be_visible()
    look.at("verify-call")
    choose(page, "Authenticator app")
    expect(page.get_by_label("Code from your app")).to_be_visible()
    look.at("verify-app")
    choose(page, "Recovery code")
    expect(page.get_by_label("Recovery code")).to_be_visible()
    look.at("verify-recovery")
    choose(page, "Text message")
    expect(page.locator(".delivery")).to_be_visible()
    clock.forward(minutes=STALE)
    page.reload()
    look.at("verify-too-old")

    assert look.found == []


def test_keeps_nobody_out_of_the_way_to_support(look: Look, cleo: Person) -> None:
    give_password(look.page, cleo)
    expect(look.page.locator(".support")).to_be_visible()
    look.at("verify-no-other-option")
    User.objects.filter(pk=cleo.user.pk).update(blocked_until=timezone.now() + timedelta(days=1))
    give_password(look.page, cleo)
    expect_heading(look.page, "Your account is blocked")
    look.at("closed")

    assert look.found == []


def test_keeps_nobody_out_of_a_new_password(look: Look, ana: Person, live_server: LiveServer) -> None:
    page = look.page
    look.over("/password-reset/")
    fill(page, "Username or email address", "ana")
    press(page, "Email me the link")
    expect_heading(page, "Check your email")
    look.at("password-reset-asked")
    work()
    page.goto("/phone/mail/")
    link = re.search(r"http\S+/password-reset/\S+", page.locator(".words").first.inner_text())
    assert link
    look.over(urlsplit(link[0]).path)
    fill(page, "New password", "short")
    press(page, "Set the new password")
    expect(page.locator(".field.wrong")).to_be_visible()
    look.at("password-reset-too-short")
    look.over("/password-reset/nobody/nothing/")

    assert look.found == []


def test_keeps_nobody_out_of_the_registration(look: Look, ben: Person) -> None:
    page = look.page
    give_password(page, ben)
    expect_heading(page, "Set up two-step verification")
    look.at("register")
    press(page, "Text message")
    expect_heading(page, "Your phone number")
    look.at("register-number")
    number(page, "12")
    expect(page.locator(".field.wrong")).to_be_visible()
    look.at("register-number-wrong")
    number(page, "078 555 01 45")
    expect(page.locator(".delivery")).to_be_visible()
    look.at("register-prove-text")
    follow(page, "Set up a different method")
    press(page, "Passkey")
    expect_heading(page, "Passkey")
    look.at("register-passkey")
    press(page, "Continue")
    expect(page.get_by_role("button", name="Create a passkey")).to_be_visible()
    look.at("register-prove-passkey")
    follow(page, "Set up a different method")
    press(page, "Authenticator app")
    unfold(page, "Can’t scan it?")
    look.at("register-prove-app")
    verify(page, ben.read_app())
    expect_heading(page, "Add a second method")
    look.at("register-second")
    follow(page, "Not now")
    expect_heading(page, "Recovery codes")
    look.at("register-codes")
    press(page, "Show my recovery codes")
    expect(page.locator("#codes li")).to_have_count(10)
    look.at("register-codes-shown")

    assert look.found == []


def test_keeps_nobody_out_of_an_empty_portal(look: Look, ben: Person) -> None:
    User.objects.filter(pk=ben.user.pk).update(second_step=SecondStep.DISABLED)
    give_password(look.page, ben)
    expect_in(look.page, ben)
    look.at("empty-home")
    for place in ("methods", "app-passwords", "browsers", "activity"):
        look.page.goto(f"/{place}/")
        look.at(f"empty-{place}")

    assert look.found == []


def test_keeps_nobody_out_of_the_portal(inside: Look, ana: Person) -> None:
    ref = ana.enrolment("totp").ref
    inside.over("/", "/methods/", f"/methods/{ref}/rename/", f"/methods/{ref}/remove/", "/browsers/", "/activity/")
    inside.over("/activity/not-me/", "/activity/secure/", "/profile/", "/sign-out/")
    inside.page.goto("/")
    unfold(inside.page)
    inside.at("home-menu")

    assert inside.found == []


def test_keeps_nobody_out_of_adding_a_method(inside: Look) -> None:
    page = inside.page
    inside.over("/methods/add/", "/methods/add/text/", "/methods/add/call/", "/methods/add/passkey/")
    press(page, "Continue")
    expect(page.get_by_role("button", name="Create a passkey")).to_be_visible()
    inside.at("methods-add-passkey-prove")
    page.goto("/methods/add/")
    press(page, "Authenticator app")
    expect(page.locator(".qr-code svg")).to_be_visible()
    inside.at("methods-add-app-prove")
    inside.over("/methods/recovery-codes/")
    press(page, "Get new codes")
    expect(page.locator("#codes li")).to_have_count(10)
    inside.at("methods-recovery-codes-shown")

    assert inside.found == []


def test_keeps_nobody_out_of_a_new_phone(inside: Look, ana: Person, clock: Clock) -> None:
    page = inside.page
    inside.over("/methods/new-phone/")
    press(page, "Start")
    expect(page.get_by_role("heading", name="1. Set up the new phone")).to_be_visible()
    inside.at("methods-new-phone-begun")
    clock.forward(seconds=1)
    ana.set_up("totp")
    page.reload()
    expect(page.get_by_role("button", name="Finish")).to_be_visible()
    inside.at("methods-new-phone-proven")

    assert inside.found == []


def test_keeps_nobody_out_of_app_passwords(inside: Look) -> None:
    page = inside.page
    inside.over("/app-passwords/make/")
    unfold(page, "Restrictions (optional)")
    fill(page, "Only from this network", "everywhere")
    press(page, "Create app password")
    expect(page.locator(".field.wrong")).to_have_count(2)
    inside.at("app-passwords-make-wrong")
    fill(page, "Only from this network", "")
    fill(page, "Name", "old laptop")
    press(page, "Create app password")
    expect_heading(page, "Your app password")
    inside.at("app-passwords-shown")
    follow(page, "Done")
    follow(page, "old laptop")
    expect_heading(page, "old laptop")
    inside.at("app-password")
    follow(page, "Delete app password")
    expect_heading(page, "Delete this app password?")
    inside.at("app-passwords-delete")
    inside.over("/app-passwords/?unused=1")

    assert inside.found == []


def test_keeps_nobody_out_of_making_an_account_safe(inside: Look) -> None:
    page = inside.page
    page.goto("/activity/not-me/")
    press(page, "Secure my account")
    expect_heading(page, "Secure your account: 3 steps")
    inside.at("activity-securing")
    inside.over("/password/")
    fill(page, "Current password", PASSWORD)
    fill(page, "New password", "short")
    press(page, "Change password")
    expect(page.locator(".field.wrong")).to_be_visible()
    inside.at("password-too-short")

    assert inside.found == []


def test_keeps_nobody_out_of_proving_themselves_again(inside: Look, ana: Person, clock: Clock) -> None:
    page = inside.page
    page.goto("/methods/")
    clock.forward(minutes=STALE)
    press(page, "Make default Authenticator app")
    expect_heading(page, "Verify it’s you")
    inside.at("reauthenticate")
    press(page, "Authenticator app")
    expect_heading(page, "Verify it’s you")
    inside.at("again-verify")
    verify(page, ana.read_app())
    expect_heading(page, "You’re verified")
    inside.at("again-go-on")

    assert inside.found == []


def fill_up(person: Person) -> None:
    """Give a person the maximum of everything, with the longest names."""
    context = Context(now=timezone.now(), network="2001:db8:1234:5678:9abc:def0:1234:5678", agent="Firefox/140.0")
    for at in range(10):
        row = Enrolment(user=person.user, method="passkey", name=(LONG, UNBROKEN)[at % 2], confirmed=True)
        row.address, row.confirmed_at = f"key{at}", context.now
        row.save()
    for at in range(app_passwords.MAX_PER_PERSON):
        name = (LONG, UNBROKEN, f"laptop {at}")[at % 3]
        app_passwords.issue(person.user, context, name=name, program="mail", network="2001:db8:1234:5678::/64")
    for _ in range(10):
        browsers.remember(person.user, context, days=14)
        audit.record(events.ENROLMENT_RENAMED, user_id=person.user.pk, context=context, method="passkey")
    Message.objects.all().delete()


def test_keeps_nobody_out_of_a_full_portal(inside: Look, ana: Person) -> None:
    ana.user = User.objects.get(pk=ana.user.pk)
    fill_up(ana)
    for place in ("", "methods/", "app-passwords/", "browsers/", "activity/"):
        inside.page.goto(f"/{place}")
        inside.at(f"full-{place.strip('/') or 'home'}")
    named = Enrolment.objects.filter(name=UNBROKEN).first()
    assert named
    inside.over(f"/methods/{named.ref}/rename/", "/sign-in/again/", "/app-passwords/delete/")

    assert inside.found == []


def test_keeps_nobody_out_of_a_list_of_many_options(look: Look, ana: Person) -> None:
    fill_up(ana)
    give_password(look.page, ana)
    follow(look.page, DIFFERENT)
    expect_options(look.page)
    look.at("full-options")

    assert look.found == []


def test_keeps_nobody_out_of_what_went_wrong(inside: Look) -> None:
    page = inside.page
    inside.over("/there-is-nothing-here/")
    expect_heading(page, "Page not found")
    page.goto("/profile/")
    page.context.clear_cookies(name=settings.CSRF_COOKIE_NAME)
    press(page, "Save")
    expect_heading(page, "This page was open too long")
    inside.at("csrf")

    assert inside.found == []


def test_keeps_nobody_out_of_a_phone_that_cannot_be_reached(look: Look, ana: Person) -> None:
    look.page.goto(f"/phone/{ANAS}/")
    pick(look.page, "What happens", "The phone is off or out of reach")
    press(look.page, "Apply")
    expect(look.page.locator("[data-good]")).to_have_text("Applies to the next message")
    give_password(look.page, ana)
    expect_heading(look.page, "Verify it’s you")
    work()
    expect(look.page.locator(".delivery").get_by_role("link", name="Help: ")).to_be_visible()
    look.at("verify-undelivered")

    assert look.found == []


@pytest.mark.parametrize(("fault", "status"), [(RuntimeError, 500), (OperationalError, 503)])
def test_keeps_nobody_out_of_a_page_that_is_broken(
    chromium: Browser, live_server: LiveServer, monkeypatch: pytest.MonkeyPatch, fault: type[Exception], status: int
) -> None:
    def breaks(*_: object) -> None:
        raise fault("as if something were wrong with us")

    monkeypatch.setattr(policies, "is_alone_open", breaks)
    with opened(chromium, live_server.url, forgives=BROKEN) as page:
        look = Look(page)
        page.goto("/sign-in/")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        look.at(f"broken-{status}")

    assert look.found == []


def test_keeps_nobody_out_of_pages_that_refuse(look: Look, cleo: Person) -> None:
    page = look.page
    page.goto("/nowhere/")
    expect_heading(page, "Page not found")
    look.at("refused-404")
    page.goto("/sign-in/")
    page.context.clear_cookies()
    fill(page, "Username", "cleo")
    fill(page, "Password", PASSWORD)
    press(page, "Sign in")
    expect(page.get_by_role("link", name="Help: ")).to_be_visible()
    look.at("refused-403-csrf")
    staff = hire("aud", "Operators")
    give_password(page, staff, to="/admin/accounts/user/")
    verify(page, staff.read_app())
    expect(page.get_by_role("link", name="Help: ")).to_be_visible()
    look.at("refused-403")

    assert look.found == []

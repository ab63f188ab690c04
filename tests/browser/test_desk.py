"""The support desk and the help centre in a real browser, at both widths; nothing for axe to find."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.support import actions
from accounts.support.actions import Deed
from helpcenter import articles
from tests.browser import hands
from tests.chromium import Look
from tests.people import Clock, Person, hire
from verification.facts import Facts
from verification.models import Enrolment

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WHY = {"Reason": "phone left in a taxi", "Ticket number": "INC-4711"}


@pytest.fixture
def dora(clock: Clock) -> Person:
    """Give somebody of senior support."""
    return hire("dora", "Senior support")


def enter(page: Page, staff: Person) -> None:
    """Sign in to the desk."""
    hands.give_password(page, staff, to="/admin/accounts/user/")
    hands.verify(page, staff.read_app())
    hands.expect_heading(page, "People")


def open_case(page: Page, person: Person) -> None:
    """Find a person by the search."""
    page.goto("/admin/accounts/user/")
    page.get_by_label("User name, name, mail").fill(person.user.username)
    hands.press(page, "Find")
    page.get_by_role("link", name=person.user.username, exact=True).click()
    hands.expect_heading(page, person.user.name)


def do(page: Page, person: Person, label: str) -> None:
    """Do something for a person from their case."""
    hands.follow(page, label)
    for field, text in WHY.items():
        page.get_by_label(field).fill(text)
    hands.press(page, label)


def test_lost_phone_from_the_call_to_signed_in_again(page: Page, ana: Person, dora: Person) -> None:
    Enrolment.objects.update(confirmed_at=timezone.now() - timedelta(days=30))
    enter(page, dora)
    open_case(page, ana)

    hands.follow(page, "Verify the caller")
    hands.press(page, "Authenticator app")
    page.get_by_label("Code that it shows").fill(ana.read_app())
    hands.press(page, "Check")
    hands.expect_said(page, "Caller verified: Authenticator app")
    do(page, ana, "Phone lost")
    hands.expect_said(page, "Phone lost: Methods, app passwords")
    do(page, ana, "Temporary Access Pass")
    hands.expect_heading(page, "The pass, shown only now")
    secret = page.locator("#pass").inner_text()

    page.context.clear_cookies()
    hands.give_password(page, ana)
    page.get_by_label("Temporary Access Pass").fill(secret)
    hands.press(page, "Verify")
    hands.expect_heading(page, "Set up two-step verification")
    hands.press(page, "Authenticator app")
    hands.expect_heading(page, "Prove that it works")


def test_closed_deeds_say_what_opens_them(page: Page, ana: Person, dora: Person) -> None:
    enter(page, dora)
    open_case(page, ana)

    closed = page.locator(".option.closed", has_text="Clear settings")

    expect(closed).to_contain_text("Verify the caller first")


def test_many_are_helped_at_once(desk: Page, ana: Person, ben: Person, dora: Person) -> None:
    enter(desk, dora)
    desk.get_by_label("Choose ana").check()
    desk.get_by_label("Choose ben").check()
    desk.get_by_label("For those chosen").select_option(label="End sign-ins")
    hands.press(desk, "Look at what would happen")
    hands.expect_heading(desk, "End sign-ins: 2 people")
    for field, text in WHY.items():
        desk.get_by_label(field).fill(text)
    hands.press(desk, "End sign-ins for 2 people")

    expect(desk.locator(".chip.good")).to_have_count(2)


def test_help_answers_with_what_happened(page: Page, ana: Person) -> None:
    articles.load()
    hands.give_password(page, ana)
    hands.follow(page, "Help")
    hands.follow(page, "Find out what is wrong")
    hands.follow(page, "I am not receiving a text or call")

    expect(page.locator(".finding").first).to_contain_text("waiting to be sent")
    hands.follow(page, "Use a different verification option")
    hands.expect_options(page)


def test_help_is_searched(page: Page) -> None:
    articles.load()
    page.goto("/help/")
    page.get_by_label("What do you need help with?").fill("no sms arives")
    hands.press(page, "Search")
    hands.follow(page, "No text arrives")

    hands.expect_heading(page, "No text arrives")


def test_nobody_is_kept_out_of_the_desk_and_the_help(desk: Page, ana: Person, look: Look) -> None:
    """Axe finds nothing at both widths, light and dark, and no page scrolls sideways."""
    articles.load()
    root = hire("root", "Administrators")
    enter(desk, root)
    verified = Deed(staff=root.user, facts=Facts(now=timezone.now()), reason="lost", ticket="1")
    actions.end_sessions(ana.user, verified)
    pages = {
        "people": "",
        "case": f"{ana.user.pk}/change/",
        "caller": f"{ana.user.pk}/caller/",
        "deed": f"{ana.user.pk}/do/end_sessions/",
        "requests": "requests/",
        "reports": "reports/",
        "record": "record/",
        "import": "import/",
    }
    for name, path in pages.items():
        desk.goto(f"/admin/accounts/user/{path}")
        look.at(f"desk-{name}")
    for name, path in {"policy": "/admin/verification/policy/add/", "tables": "/admin/"}.items():
        desk.goto(path)
        look.at(f"desk-{name}")
    for name in ("", "no-text/", "support-handbook/", "diagnose/?about=lost-phone", "?q=lost+phone", "?q=zzqx"):
        desk.goto(f"/help/{name}")
        look.at(f"help-{name.strip('/?').replace('/?', '-').replace('=', '-') or 'index'}")

    assert look.found == []


@pytest.fixture
def look(desk: Page) -> Look:
    """Give somebody who looks at pages in every way."""
    return Look(desk)

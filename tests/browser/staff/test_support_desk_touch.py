"""Tests of the support desk on a tablet: each task of the handbook about a person, with targets large enough to tap."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts import app_passwords
from accounts.models import User
from accounts.support.actions.registry import ACTIONS
from tests.browser import page_actions
from tests.real_programs.chromium import opened
from tests.simulated.people import Clock, Person, hire
from verification import browsers, hardware_token_stock
from verification.context import Context
from verification.hardware_token_stock import Seed
from verification.models import AuditEvent, Enrolment, Policy
from verification.otp.hardware_token_codes import Scheme

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TABLET = {"width": 768, "height": 1024}
MIN_SIZE = 24  # CSS pixels, WCAG 2.2, 2.5.8; a link within a sentence may be smaller
SMALL = """least => [...document.querySelectorAll("main :is(a, button, input, select, summary)")]
    .filter(each => {
        const target = each.matches("[type=checkbox], [type=radio]") ? each.closest("label") || each : each;
        const box = target.getBoundingClientRect();
        const isSeen = each.checkVisibility() && box.width > 1 && each.type !== "hidden";
        return isSeen && (box.height < least || box.width < least);
    })
    .map(each => each.outerHTML.slice(0, 120))"""


@pytest.fixture
def tablet(chromium: Browser, live_server: LiveServer) -> Iterator[Page]:
    """An empty page on a tablet that has touch."""
    with opened(chromium, live_server.url, viewport=TABLET, has_touch=True) as shown:
        yield shown


def small(page: Page) -> list[str]:
    """Return the links, buttons and fields of the page that a finger would miss."""
    found: list[str] = page.evaluate(SMALL, MIN_SIZE)
    return found


def enter(page: Page, staff: Person) -> None:
    page_actions.give_password(page, staff, to="/admin/accounts/user/")
    page_actions.verify(page, staff.read_app())
    page_actions.expect_heading(page, "People")


def open_case(page: Page, person: Person) -> None:
    """Find a person by the search, which has the focus."""
    page.goto("/admin/accounts/user/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type(person.user.username)
    page.get_by_role("button", name="Search").tap()
    expect(page).to_have_url(re.compile("q="))
    assert small(page) == []
    page.get_by_role("link", name=person.user.username, exact=True).tap()
    expect(page.get_by_role("heading", level=1)).to_contain_text(person.user.name)


def test_caller_is_verified_and_given_a_pass(tablet: Page, ana: Person, sam: Person) -> None:
    Enrolment.objects.update(confirmed_at=timezone.now() - timedelta(days=30))
    enter(tablet, sam)
    open_case(tablet, ana)
    assert small(tablet) == []

    tablet.get_by_role("link", name="Verify the caller").first.tap()
    page_actions.expect_page(tablet, "/admin/accounts/user/*/caller/")
    assert small(tablet) == []
    tablet.get_by_role("button", name="Authenticator app").tap()
    expect(page_actions.code_field(tablet)).to_be_visible()
    page_actions.code_field(tablet).fill(ana.read_app())
    assert small(tablet) == []
    tablet.get_by_role("button", name="Verify caller").tap()
    tablet.get_by_role("link", name=str(ACTIONS["issue_pass"].label)).tap()
    tablet.get_by_label("Reason").fill("phone at home")
    tablet.get_by_label("Ticket").fill("INC-1")
    assert small(tablet) == []
    tablet.get_by_role("button", name=str(ACTIONS["issue_pass"].label)).tap()

    expect(tablet.locator("#pass")).to_be_visible()
    assert small(tablet) == []


# In the order of the handbook, each with the choice that its form asks for.
TASKS = {
    "phone_lost": "",
    "require_password": "",
    "clear_settings": "",
    "bypass_once": "",
    "delete_app_passwords": "",
    "forget_browsers": "",
    "set_state": "enforced",
    "block": "For 90 days",
    "unblock": "",
}


def test_tasks_of_the_handbook_are_done_from_the_case(tablet: Page, ana: Person, sam: Person) -> None:
    Policy.objects.update_or_create(group=None, defaults={"caller_check": False})
    enter(tablet, sam)
    for name, choice in TASKS.items():
        user, context = User.objects.get(pk=ana.user.pk), Context(now=timezone.now())
        app_passwords.issue(user, context, name="old laptop", program="mail")
        browsers.remember(user, context, days=14, method="totp")
        tablet.goto(f"/admin/accounts/user/{ana.user.pk}/change/")
        tablet.get_by_role("link", name="Actions").tap()

        tablet.get_by_role("link", name=re.compile(rf"^{ACTIONS[name].label}")).last.tap()
        if choice:
            tablet.get_by_label(choice).tap()
        tablet.get_by_label("Reason").fill("asked for it")
        tablet.get_by_label("Ticket").fill("INC-1")
        assert small(tablet) == []
        tablet.get_by_role("button", name=str(ACTIONS[name].label)).tap()
        page_actions.expect_said(tablet, f"{ACTIONS[name].label}: ")

    kinds = AuditEvent.objects.filter(kind__startswith="support.").values_list("kind", flat=True)
    assert len(set(kinds)) == len(TASKS)


def _locked(ana: Person) -> None:
    User.objects.filter(pk=ana.user.pk).update(second_step_locked_at=timezone.now())


def _miscounted(ana: Person) -> None:
    ana.give_password()
    ana.verify("000000")
    Enrolment.objects.filter(user=ana.user).update(confirmed_at=timezone.now())  # set up again since then


def _signed_in(ana: Person) -> None:
    ana.sign_in()


# What the person must be in for each, so that there is something to do.
MORE_TASKS: dict[str, Callable[[Person], None]] = {
    "reset_wrong_codes": _miscounted,
    "end_sessions": _signed_in,
    "try_message": lambda _ana: None,
    "reset_device": lambda _ana: None,
    "lock": lambda _ana: None,
    "unlock": _locked,
}


@pytest.mark.parametrize("name", MORE_TASKS)
def test_more_tasks_are_done_from_the_case(name: str, tablet: Page, ana: Person, sam: Person) -> None:
    Policy.objects.update_or_create(group=None, defaults={"caller_check": False})
    MORE_TASKS[name](ana)
    enter(tablet, sam)
    open_action(tablet, ana, name)
    confirm(tablet, name)


def test_second_person_approves_an_action(tablet: Page, ana: Person, sam: Person, clock: Clock) -> None:
    Policy.objects.update_or_create(group=None, defaults={"caller_check": False, "second_person": ["clear_settings"]})
    colleague = hire("carl", "Senior support")
    colleague.sign_in(to="/admin/")
    colleague.browser.go(f"/admin/accounts/user/{ana.user.pk}/do/clear_settings/")
    colleague.browser.press("Request approval", reason="lost it", ticket="INC-1")
    enter(tablet, sam)

    tablet.goto("/admin/")
    tablet.locator("summary", has_text="Menu").tap()
    tablet.get_by_role("link", name="Requests").tap()
    page_actions.expect_heading(tablet, "Requests")
    assert small(tablet) == []
    tablet.get_by_role("button", name="Approve").tap()

    expect(tablet.locator(".chip")).to_contain_text("approved")


def test_token_is_assigned_and_taken_back(tablet: Page, ana: Person, clock: Clock) -> None:
    seed = Seed(serial="AB-1", secret=b"12345678901234567890", scheme=Scheme(), manufacturer="Acme", model="One")
    hardware_token_stock.bring_in(seed, None, Context(now=timezone.now()), actor_id=None)
    Policy.objects.update_or_create(group=None, defaults={"caller_check": False})
    enter(tablet, hire("dora", "Support desk"))

    for name, serial in (("assign_token", "AB-1"), ("take_token_back", "")):
        open_action(tablet, ana, name)
        if serial:
            tablet.get_by_label("Serial number").fill(serial)
        confirm(tablet, name)

    assert AuditEvent.objects.filter(kind__startswith="support.token_").count() == 2


def test_administrator_gives_a_role_and_erases_a_person(tablet: Page, ana: Person, clock: Clock) -> None:
    Policy.objects.update_or_create(group=None, defaults={"caller_check": False, "second_person": ["issue_pass"]})
    enter(tablet, hire("fay", "Administrators"))

    open_action(tablet, ana, "give_roles")
    tablet.get_by_role("checkbox", name=re.compile("^Support desk")).tap()
    confirm(tablet, "give_roles")
    ana.user.groups.clear()  # staff with the same rights aren't erased by one person
    User.objects.filter(pk=ana.user.pk).update(is_staff=False)
    open_action(tablet, ana, "erase")
    tablet.get_by_label("Username of this person").fill(ana.user.username)
    confirm(tablet, "erase")

    assert not User.objects.filter(pk=ana.user.pk).exists()


def open_action(page: Page, person: Person, name: str) -> None:
    """Choose an action on the case page."""
    page.goto(f"/admin/accounts/user/{person.user.pk}/change/")
    page.get_by_role("link", name="Actions").tap()
    page.get_by_role("link", name=re.compile(rf"^{ACTIONS[name].label}")).last.tap()
    page_actions.expect_heading(page, str(ACTIONS[name].label))


def confirm(page: Page, name: str) -> None:
    """Give the reason and do the action that is open."""
    radios = page.get_by_role("radio")
    if radios.count() and not page.locator("input[type=radio]:checked").count():
        radios.first.tap()
    page.get_by_label("Reason").fill("asked for it")
    page.get_by_label("Ticket").fill("INC-1")
    assert small(page) == []
    page.get_by_role("button", name=str(ACTIONS[name].label)).tap()
    page_actions.expect_said(page, f"{ACTIONS[name].label}: ")

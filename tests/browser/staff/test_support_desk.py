"""Tests of the support desk and help centre in a real browser, at both widths, with axe."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts import app_passwords
from accounts.models import Scope, User
from accounts.sessions import session_assurance
from accounts.sessions.session_store import BACKEND, SessionStore
from accounts.support.actions import ActionRefusal, ActionState, Actor, blocks_and_bypasses
from accounts.support.actions.registry import ACTIONS
from tests.browser import page_actions
from tests.browser.screen_sizes_and_accessibility import SIZES, PageChecker
from tests.real_programs.chromium import REFUSED, opened
from tests.simulated.people import Person, hire, join
from verification import browsers
from verification.context import Context
from verification.limits import opt_outs
from verification.models import AuditEvent, BlockedRange, Enrolment, Message, OptOut, Policy

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WHY = {"Reason": "phone left in a taxi", "Ticket number": "INC-4711"}


def enter(page: Page, staff: Person) -> None:
    """Sign in to the desk."""
    page_actions.give_password(page, staff, to="/admin/accounts/user/")
    page_actions.verify(page, staff.read_app())
    page_actions.expect_heading(page, "People")


def open_case(page: Page, person: Person) -> None:
    """Open a person's case from the search."""
    page.goto("/admin/accounts/user/")
    page_actions.fill(page, "Name, username, email", person.user.username)
    page_actions.press(page, "Search")
    page_actions.use(page, page.get_by_role("link", name=person.user.username, exact=True))
    expect(page.get_by_role("heading", level=1)).to_contain_text(person.user.name)


def fill_in(page: Page) -> None:
    """Give the reason and the ticket."""
    for field, text in WHY.items():
        page_actions.fill(page, field, text)


def do(page: Page, name: str) -> None:
    """Run a support action from the open case page."""
    label = str(ACTIONS[name].label)
    page_actions.follow(page, label)
    fill_in(page)
    page_actions.press(page, label)


def test_lost_phone_from_the_call_to_signed_in_again(page: Page, ana: Person, sam: Person) -> None:
    Enrolment.objects.update(confirmed_at=timezone.now() - timedelta(days=30))
    enter(page, sam)
    open_case(page, ana)

    page_actions.follow(page, "Verify the caller")
    page_actions.press(page, "Authenticator app")
    page_actions.fill(page, "Code that their method shows", ana.read_app())
    page_actions.press(page, "Verify caller")
    page_actions.expect_outcome(page, "support:caller_verified")
    do(page, "phone_lost")
    page_actions.expect_outcome(page, f"support:{ActionState.DONE}")
    do(page, "issue_pass")
    secret = page.locator("#pass").inner_text()

    page.context.clear_cookies()
    page_actions.give_password(page, ana)
    page_actions.fill(page, "Temporary Access Pass", secret)
    page_actions.press(page, "Verify")
    page_actions.expect_page(page, "/sign-in/register/")
    page_actions.press(page, "Authenticator app")
    page_actions.expect_page(page, "/sign-in/register/prove/")


def test_unavailable_actions_say_what_opens_them(page: Page, ana: Person, sam: Person) -> None:
    enter(page, sam)
    open_case(page, ana)

    unavailable = page.locator(".task.unavailable", has_text="Clear settings")

    expect(unavailable).to_contain_text(ActionRefusal.NO_CALLER.advice)


def dress(person: Person) -> None:
    """Give a person what actions end: an app password, a remembered browser, a session."""
    user, context = User.objects.get(pk=person.user.pk), Context(now=timezone.now())
    app_passwords.issue(user, context, name="old laptop", program="mail")
    browsers.remember(user, context, days=14, method="totp")
    store = SessionStore()
    store[SESSION_KEY], store[BACKEND_SESSION_KEY] = str(user.pk), BACKEND
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    at = context.now.timestamp()
    store[session_assurance.KEY] = {"epoch": user.epoch, "verified": {"password": at, "totp": at}, "why": "required"}
    store.create()


def test_many_are_helped_at_once(desktop: Page, ana: Person, ben: Person, sam: Person) -> None:
    for person in (ana, ben):
        dress(person)
    enter(desktop, sam)
    page_actions.tick(desktop, "Select ana")
    page_actions.tick(desktop, "Select ben")
    page_actions.pick(desktop, "Action for selected people", "End all sessions")
    page_actions.press(desktop, "Preview")
    page_actions.expect_page(desktop, "/admin/accounts/user/do/")
    fill_in(desktop)
    page_actions.press(desktop, "End all sessions for 2 people")

    expect(desktop.locator(".chip.good")).to_have_count(2)


def test_two_hundred_are_cleared_at_once(desktop: Page, sam: Person) -> None:
    Policy.objects.update_or_create(group=None, defaults={"caller_check": False})
    with transaction.atomic():
        for n in range(200):
            join(f"many{n:03}").set_up("totp")
    enter(desktop, sam)
    page_actions.fill(desktop, "Name, username, email", "many")
    page_actions.press(desktop, "Search")
    page_actions.tick(desktop, "Select all 200 results")
    page_actions.pick(desktop, "Action for selected people", "Clear settings")
    page_actions.press(desktop, "Preview")
    page_actions.expect_page(desktop, "/admin/accounts/user/do/")
    fill_in(desktop)
    desktop.set_default_timeout(60_000)  # two hundred actions, each with its record and notice
    page_actions.press(desktop, "Clear settings for 200 people")

    expect(desktop.locator(".chip.good")).to_have_count(200, timeout=60_000)
    assert not Enrolment.objects.filter(user__username__startswith="many").exists()


CHOICES = {
    "phone_lost": "",
    "unlock": "",
    "delete_app_passwords": "",
    "forget_browsers": "",
    "end_sessions": "",
    "require_password": "",
    "block": "For 90 days",
    "unblock": "",
    "set_state": "enforced",
    "bypass_once": "",
    "clear_settings": "",
}


def test_each_action_is_done_alone(desktop: Page, ana: Person, sam: Person) -> None:
    Policy.objects.update_or_create(group=None, defaults={"caller_check": False})
    enter(desktop, sam)
    for name, choice in CHOICES.items():
        label = str(ACTIONS[name].label)
        dress(ana)
        desktop.goto(f"/admin/accounts/user/{ana.user.pk}/do/{name}/")
        if choice:
            page_actions.tick(desktop, choice)
        fill_in(desktop)
        page_actions.press(desktop, label)
        page_actions.expect_said(desktop, f"{label}: ")

    kinds = AuditEvent.objects.filter(kind__startswith="support.").values_list("kind", flat=True)
    assert len(set(kinds)) == len(CHOICES)


@pytest.fixture
def refused(chromium: Browser, live_server: LiveServer) -> Iterator[Page]:
    """Return an empty page for requests that are refused."""
    with opened(chromium, live_server.url, viewport=SIZES["desktop"], forgives=REFUSED) as shown:
        yield shown


def test_forbidden_things_are_refused_and_written_down(refused: Page, ana: Person) -> None:
    """Own account, an administrator, another desk's people, a guessed address, an action of another role, no caller."""
    desktop, desk_group = refused, Group.objects.get_or_create(name="North")[0]
    dora, root = hire("dora", "Support desk"), join("root", is_staff=True, is_superuser=True)
    far = join("far")
    for person in (ana, dora, root):
        person.user.groups.add(desk_group)
    Scope.objects.create(desk=Group.objects.get(name="Support desk")).people.add(desk_group)
    enter(desktop, dora)

    for person, action, refusal in (
        (dora, "end_sessions", ActionRefusal.ONESELF),
        (root, "end_sessions", ActionRefusal.MORE_RIGHTS),
        (ana, "block", ActionRefusal.NOT_ALLOWED),
        (ana, "clear_settings", ActionRefusal.NO_CALLER),
    ):
        desktop.goto(f"/admin/accounts/user/{person.user.pk}/do/{action}/")
        page_actions.expect_said(desktop, refusal.advice)
        status = desktop.evaluate(
            """async (address) => {
                const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
                const body = new URLSearchParams({csrfmiddlewaretoken: token, reason: "x", ticket: "1", days: "90"});
                return (await fetch(address, {method: "POST", body})).status;
            }""",
            desktop.url,
        )
        assert status == 403
    assert desktop.request.get(f"/admin/accounts/user/{far.user.pk}/change/").status == 404

    kept = AuditEvent.objects.filter(kind="support.refused", actor_id=dora.user.pk).order_by("pk")
    assert [e.detail["why"] for e in kept] == ["oneself", "more_rights", "not_allowed", "no_caller"]


def test_help_answers_with_what_happened(page: Page, ana: Person) -> None:
    page_actions.give_password(page, ana)
    page_actions.follow(page, "Help")
    page_actions.follow(page, "Find out what is wrong")
    page_actions.follow(page, "I’m not receiving a text or call")

    expect(page.locator(".finding").first).to_have_attribute("data-finding", "message-queued")
    page_actions.follow(page, "Use a different verification option")
    page_actions.expect_options(page)


def test_help_is_searched(page: Page) -> None:
    page.goto("/help/")
    page_actions.fill(page, "What do you need help with?", "no sms arives")
    page_actions.press(page, "Search")
    page_actions.follow(page, "I’m not getting texts")

    page_actions.expect_page(page, "/help/no-text/")


def ana_texts(ana: Person, *, now: datetime, good: int, bad: int) -> None:
    """Record this many texts to Ana."""
    for place in range(good + bad):
        is_bad = place >= good
        Message.objects.create(
            user=ana.user,
            kind="text",
            hint="••• •• 23",
            country="CH",
            range="+41795",
            provider="virtual",
            state="undelivered" if is_bad else "delivered",
            reason="unreachable" if is_bad else "",
            created_at=now,
            handed_at=now,
            ended_at=now + timedelta(seconds=2),
            useful_until=now,
        )


def test_nobody_is_kept_out_of_the_desk_and_the_help(desktop: Page, ana: Person, page_checker: PageChecker) -> None:
    """Axe finds nothing at both widths, light and dark, and no page scrolls sideways."""
    root = hire("root", "Administrators")
    enter(desktop, root)
    verified = Actor(staff=root.user, context=Context(now=timezone.now()), reason="lost", ticket="1")
    blocks_and_bypasses.set_state(ana.user, verified, state="enforced")
    for n, bad in enumerate((0, 1, 0, 3, 0)):
        ana_texts(ana, now=timezone.now() - timedelta(hours=n), good=3 * n + 1, bad=bad)
    pages = {
        "people": "",
        "case": f"{ana.user.pk}/change/",
        "caller": f"{ana.user.pk}/caller/",
        "action": f"{ana.user.pk}/do/end_sessions/",
        "requests": "requests/",
        "deliveries": "deliveries/",
        "delivery": f"deliveries/{Message.objects.latest('pk').handle}/",
        "reports": "reports/",
        "record": "record/",
        "import": "import/",
    }
    for name, path in pages.items():
        desktop.goto(f"/admin/accounts/user/{path}")
        page_checker.at(f"desk-{name}")
    now = timezone.now()
    BlockedRange.objects.create(range="+371200", n_sent=40, n_proven=1, began_at=now, ends_at=now + timedelta(hours=4))
    opt_outs.stop("+41795551234", provider="twilio", now=now)
    tables = {
        "policy": "/admin/verification/policy/add/",
        "countries": "/admin/verification/country/add/",
        "spending-limits": "/admin/verification/spendinglimit/",
        "blocked-ranges": "/admin/verification/blockedrange/",
        "blocked-range": f"/admin/verification/blockedrange/{BlockedRange.objects.get().pk}/change/",
        "stops": "/admin/verification/optout/",
        "stop-delete": f"/admin/verification/optout/{OptOut.objects.get().pk}/delete/",
        "outage": "/admin/verification/outage/add/",
        "export": "/admin/accounts/user/export/",
        "groups": "/admin/auth/group/",
        "group": f"/admin/auth/group/{Group.objects.get(name='Operators').pk}/",
        "group-form": f"/admin/auth/group/{Group.objects.get(name='Operators').pk}/change/",
        "group-delete": f"/admin/auth/group/{Group.objects.get(name='Operators').pk}/delete/",
    }
    for name, path in tables.items():
        desktop.goto(path)
        page_checker.at(f"desk-{name}")
    for name in (
        "",
        "no-text/",
        "no-text/word/",
        "use-call/",
        "support-handbook/",
        "diagnose/?about=lost-phone",
        "?q=lost+phone",
        "?q=zzqx",
    ):
        desktop.goto(f"/help/{name}")
        page_checker.at(f"help-{name.strip('/?').replace('/?', '-').replace('=', '-') or 'index'}")

    assert page_checker.found == []


@pytest.fixture
def page_checker(desktop: Page) -> PageChecker:
    """Return a checker that tests pages in every mode."""
    return PageChecker(desktop)

"""Tests of the diagnosis: each failure is caused for real, and the diagnosis names it and offers the solution."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.models import AppPassword, SecondStep, StaleClient, User
from accounts.support.actions import Actor, blocks_and_bypasses
from helpcenter import diagnosis
from helpcenter.diagnosis.findings_and_buttons import Finding
from tests.journeys.diagnosis.diagnosis_pages import METHODS, open_diagnosis, refuse
from tests.simulated.app_password_services import build, make
from tests.simulated.http_browser import Browser
from tests.simulated.people import MORNING, OPTIONS, Clock, Person, hire, join
from verification import limits, method_registry
from verification.context import Context
from verification.models import Browser as Remembered
from verification.models import Enrolment, Failure, FailureReason, Policy
from verification.policies import DecisionReason


def test_wrong_code_of_the_app_is_named_with_the_clock(cleo: Person) -> None:
    cleo.give_password()
    cleo.verify("000000")

    page = open_diagnosis(cleo, "code-refused")

    assert page.findings == ["incorrect-code"]
    assert "sets its time automatically" in page, "which is what the clock of an app needs"


def test_older_code_is_named(ana: Person, clock: Clock) -> None:
    ana.give_password()
    old = ana.read_text()
    clock.forward(seconds=31)
    ana.browser.reload()
    ana.browser.press("Send a new code")
    ana.verify(old)

    assert open_diagnosis(ana, "code-refused").findings == ["older-code"]


def test_used_code_is_named(cleo: Person) -> None:
    cleo.sign_in()
    used = cleo.read_app()
    cleo.browser.press("Sign out")
    cleo.give_password()
    cleo.verify(used)

    assert open_diagnosis(cleo, "code-refused").findings == ["used-code"]


def test_wait_is_named_with_its_end(ana: Person) -> None:
    ana.give_password()
    ana.choose("Authenticator app")
    for _ in range(5):
        ana.verify("000000")

    page = open_diagnosis(ana, "code-refused")

    assert "method-waits" in page.findings
    assert "09:02 CET" in page
    assert page.leads_to(OPTIONS)


def test_switched_off_method_is_named(ana: Person) -> None:
    Failure.objects.create(user=ana.user, method="totp", consecutive=30, locked_at=timezone.now())
    ana.give_password()
    ana.verify(ana.read_text())

    page = open_diagnosis(ana, "code-refused")

    assert page.findings == ["method-locked"]
    assert METHODS in page.part("data-finding", "method-locked").hrefs


def test_all_switched_off_is_named_by_the_reference(cleo: Person) -> None:
    Failure.objects.create(user=cleo.user, method="totp", consecutive=30, locked_at=timezone.now())
    page = cleo.give_password()

    assert "/help/too-many-codes/" in [address for _, address in page.links]


@pytest.mark.parametrize("name", ["block", "lock"])
def test_closed_account_leads_to_its_article(name: str, ana: Person) -> None:
    changes = {
        "block": {"blocked_until": blocks_and_bypasses.FOREVER},
        "lock": {"second_step_locked_at": timezone.now()},
    }
    User.objects.filter(pk=ana.user.pk).update(**changes[name])

    assert "/help/blocked-account/" in [address for _, address in ana.give_password().links]


def test_lost_phone_with_another_way_leads_there(ana: Person) -> None:
    ana.give_password()

    page = open_diagnosis(ana, "lost-phone")

    assert page.findings == ["methods-left"]
    assert str(method_registry.method("totp").label) in page
    assert page.leads_to(OPTIONS)


def test_lost_phone_without_another_way_leads_to_support(db: None, clock: Clock) -> None:
    gus = join("gus", number="+41795550199").set_up("text")
    gus.give_password()

    page = open_diagnosis(gus, "lost-phone")

    assert page.findings == ["all-on-that-phone"]
    assert "support@example.org" in page


def _found(person: Person, about: str, *, is_half: bool) -> dict[str, Finding]:
    """Return all that the diagnosis finds, also of an account that can't sign in."""
    user = User.objects.get(pk=person.user.pk)
    seen = diagnosis.collect(user, Context(now=timezone.now()), is_half=is_half)
    return {finding.name: finding for finding in diagnosis.find(diagnosis.SITUATIONS[about], seen)}


@pytest.mark.parametrize("is_half", [True, False])
@pytest.mark.parametrize(
    "changes",
    [
        {"blocked_until": blocks_and_bypasses.FOREVER},
        {"second_step_locked_at": MORNING},
        {"second_step": SecondStep.DISABLED},
        {"bypass_until": blocks_and_bypasses.FOREVER},
    ],
    ids=["blocked", "locked", "not required", "bypassed"],
)
def test_methods_of_someone_who_is_not_asked_for_any_are_named(
    changes: dict[str, object], is_half: bool, ana: Person
) -> None:
    User.objects.filter(pk=ana.user.pk).update(**changes)

    assert "Authenticator app" in _found(ana, "lost-phone", is_half=is_half)["methods-left"].sees
    assert ana.enrolment("text").hint in _found(ana, "new-number", is_half=is_half)["my-numbers"].sees
    assert "no-number" not in _found(ana, "no-message", is_half=is_half)


@pytest.mark.parametrize("is_half", [True, False])
@pytest.mark.parametrize("field", ["blocked_until", "second_step_locked_at"])
@pytest.mark.parametrize("about", ["lost-phone", "no-message", "code-refused", "new-number"])
def test_someone_who_cannot_sign_in_is_not_told_to(about: str, field: str, is_half: bool, ana: Person) -> None:
    """The lost phone said "Sign in with one of them" to someone who was blocked. Seen failing."""
    Failure.objects.create(user=ana.user, method="totp", next_at=timezone.now() + timedelta(hours=1), consecutive=9)
    if about != "code-refused":
        Failure.objects.all().delete()
    User.objects.filter(pk=ana.user.pk).update(**{field: blocks_and_bypasses.FOREVER})

    found = _found(ana, about, is_half=is_half)

    asks_for_another_code = {"incorrect-code", "older-code", "used-code", "no-number", "none-in-this-sign-in"}
    assert not found.keys() & asks_for_another_code
    assert not {finding.to for finding in found.values()} & {"options", "methods", "new_phone"}
    assert all("Example Service Desk" in finding.does for finding in found.values() if not finding.to)
    assert {DecisionReason.BLOCKED, DecisionReason.LOCKED} & found.keys()


def test_methods_that_the_policy_forbids_are_named_to_someone_who_is_blocked(ana: Person) -> None:
    Policy.objects.create(methods=["passkey"])
    User.objects.filter(pk=ana.user.pk).update(blocked_until=blocks_and_bypasses.FOREVER)

    assert "Authenticator app" in _found(ana, "lost-phone", is_half=False)["methods-left"].sees


@pytest.mark.parametrize(("is_half", "to"), [(True, ""), (False, "add")])
@pytest.mark.parametrize("about", ["lost-phone", "new-number", "no-message"])
def test_no_methods_are_named(about: str, is_half: bool, to: str, ben: Person) -> None:
    found = _found(ben, about, is_half=is_half)

    assert found["no-methods"].to == to
    assert "all-on-that-phone" not in found


def test_lost_phone_with_a_locked_method_elsewhere_is_named(ana: Person) -> None:
    Failure.objects.create(user=ana.user, method="totp", consecutive=30, locked_at=timezone.now())

    found = _found(ana, "lost-phone", is_half=False)

    assert "others-do-not-work" in found
    assert "all-on-that-phone" not in found


def test_locked_token_is_not_to_be_set_up_again(ana: Person) -> None:
    call_command(
        "assign_token", "ana", "TK-0042", stdin=StringIO("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"), stdout=StringIO()
    )
    Enrolment.objects.filter(user=ana.user, method="token").update(confirmed=True, confirmed_at=timezone.now())
    Failure.objects.create(user=ana.user, method="token", consecutive=30, locked_at=timezone.now())

    found = _found(ana, "code-refused", is_half=False)["method-locked"]

    assert "…0042" in found.sees
    assert "Example Service Desk" in found.does, "which unlocks it"


def test_new_number_leads_to_adding_it(ana: Person) -> None:
    ana.sign_in()

    page = open_diagnosis(ana, "new-number")

    assert "/methods/add/" in page.part("data-finding", "my-numbers").hrefs
    assert ana.phone.number not in page.html


def test_missing_app_password_is_named(ana: Person) -> None:
    ana.sign_in()

    page = open_diagnosis(ana, "app-password")

    assert page.findings == ["no-app-passwords"]
    assert "/app-passwords/make/" in page.part("data-finding", "no-app-passwords").hrefs


def test_ended_app_password_is_named(ana: Person) -> None:
    make(ana.user, name="old laptop", ends_at=timezone.now() + timedelta(minutes=1))
    ana.sign_in()
    AppPassword.objects.update(ends_at=timezone.now() - timedelta(minutes=1))

    page = open_diagnosis(ana, "app-password")

    assert page.findings == ["app-password-expired"]
    assert "old laptop" in page


def test_failing_program_is_named(ana: Person) -> None:
    door = build("mail", program="mail", upstream_host="127.0.0.1", upstream_port=143)
    for _ in range(3):
        door.knock("ana", "wrong")
    assert StaleClient.objects.exists()
    ana.sign_in()

    page = open_diagnosis(ana, "app-password")

    assert page.findings[0] == "app-password-refused"
    assert "Mail 3 times" in page


def test_app_passwords_switched_off_are_named(ana: Person) -> None:
    Policy.objects.create(app_passwords=False)
    ana.sign_in()

    assert open_diagnosis(ana, "app-password").findings == ["app-passwords-off"]


def test_app_passwords_that_rest_are_named(ana: Person) -> None:
    ana.sign_in()
    User.objects.filter(pk=ana.user.pk).update(securing_since=timezone.now())

    page = open_diagnosis(ana, "app-password")

    assert "/activity/secure/" in page.part("data-finding", "app-passwords-suspended").hrefs


def test_forgotten_browsers_are_named(ana: Person) -> None:
    ana.give_password()
    ana.verify(ana.read_text(), remember="on")
    assert open_diagnosis(ana, "asked-again").findings == ["browsers-remembered"]
    Remembered.objects.all().delete()

    page = open_diagnosis(ana, "asked-again")

    assert page.findings == ["no-browser-remembered"]
    assert "/browsers/" in page.part("data-finding", "no-browser-remembered").hrefs


def test_policy_without_remembering_is_named(ana: Person) -> None:
    Policy.objects.create(remember_days=0)
    ana.sign_in()

    assert open_diagnosis(ana, "asked-again").findings == ["remembering-off"]


def test_unasked_person_is_told_why(db: None, clock: Clock) -> None:
    hal = join("hal", second_step="disabled")
    hal.give_password()

    assert open_diagnosis(hal, "asked-again").findings == ["second-step-not-required"]


def test_strange_prompt_leads_to_making_it_safe(ana: Person) -> None:
    ana.sign_in()

    page = open_diagnosis(ana, "strange")
    assert page.findings == ["last-sign-in"]
    page = ana.browser.follow("This wasn’t me")

    assert page.path == "/activity/not-me/"


def test_stranger_is_told_nothing_of_anybody(stranger: Browser, ana: Person) -> None:
    page = stranger.go("/help/diagnose/?about=no-message")

    assert page.findings == []
    assert page.part("aria-labelledby", "unknown").hrefs == [
        "/sign-in/?next=%2Fhelp%2Fdiagnose%2F%3Fabout%3Dno-message",
        "/help/no-text/",
    ]


def test_half_signed_in_person_sees_only_this_sign_in(ana: Person) -> None:
    refuse(FailureReason.LANDLINE)(ana)
    other = join("other").set_up("totp")
    other.browser = ana.browser
    ana.browser.press("Cancel")
    other.give_password()

    page = open_diagnosis(other, "no-message")

    assert f"message-{FailureReason.LANDLINE}" not in page.findings


def test_support_s_action_solves_what_the_diagnosis_named(ana: Person) -> None:
    Failure.objects.create(user=ana.user, method="text", consecutive=30, locked_at=timezone.now())
    dora = hire("dora", "Support desk")
    actor = Actor(staff=dora.user, context=Context(now=timezone.now()), reason="asked", ticket="1")

    blocks_and_bypasses.unlock(ana.user, actor)

    assert limits.gate(ana.user.pk, "text", now=timezone.now()).is_open
    assert Enrolment.objects.filter(user=ana.user).exists()


# What the advice rests on: whether another method works now ------------------------------------------------------


def test_wait_of_the_only_method_leads_to_support(cleo: Person) -> None:
    """Seen: the page promised another method, and there was none."""
    cleo.give_password()
    for _ in range(5):
        cleo.verify("000000")

    page = open_diagnosis(cleo, "code-refused")

    finding = page.part("data-finding", "method-waits").words
    assert "09:02" in finding
    assert "Example Service Desk" in finding
    assert not page.leads_to(OPTIONS)


def test_staff_who_are_always_asked_are_not_told_of_browsers(db: None, clock: Clock) -> None:
    """Seen: the page advised staff to tick a box that they don't see."""
    dora = hire("dora", "Support desk")
    dora.sign_in(to="/admin/")

    page = open_diagnosis(dora, "asked-again")

    assert page.findings == ["staff-role"]


def test_nothing_wrong_is_said(ana: Person) -> None:
    ana.give_password()

    assert open_diagnosis(ana, "code-refused").findings == ["nothing-wrong"]

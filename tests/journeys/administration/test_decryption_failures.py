"""Tests of sealed values that cannot be decrypted: only what they belong to fails, and operators get one warning."""

import logging
from collections.abc import Callable
from dataclasses import replace

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from accounts.models import Import
from accounts.support.case.case_page_contents import CANNOT_BE_READ
from accounts.support.imports import jobs
from tests.simulated.http_browser import Browser
from tests.simulated.people import Person, hire, join, work
from verification import decryption_failures, enrolments, notices, policies, tasks
from verification.audit import verification_audit_events
from verification.context import Context
from verification.enrolments import signin_options
from verification.models import AuditEvent, Enrolment, Message, MessageState

GONE = str(signin_options.CANNOT_BE_USED)


def flip(value: str, _other: str) -> str:
    return value[:-6] + ("A" if value[-6] != "A" else "B") + value[-5:]


def swap(_value: str, other: str) -> str:
    return other


def lose_key(value: str, _other: str) -> str:
    return value.replace("v1.t1.", "v1.gone.")


def junk(_value: str, _other: str) -> str:
    return "junk"


Damage = Callable[[str, str], str]


@pytest.fixture(params=[flip, swap, lose_key, junk])
def damage(request: pytest.FixtureRequest) -> Damage:
    """Return each kind of damage to a sealed value in turn."""
    way: Damage = request.param
    return way


def spoil(person: Person, method: str, damage: Damage) -> None:
    """Damage every sealed value of one method. A swap takes the value of another person."""
    other = join("eve", number="+41795550177").set_up("text", "totp").enrolment(method)
    mine = person.enrolment(method)
    changed = {
        column: damage(getattr(mine, column), getattr(other, column))
        for column in ("sealed_address", "sealed_secret")
        if getattr(mine, column)
    }
    Enrolment.objects.filter(pk=mine.pk).update(**changed)


@pytest.mark.parametrize("broken", ["text", "totp"])
def test_person_signs_in_by_another_option(broken: str, ana: Person, damage: Damage) -> None:
    """Seen: the password step answered 500."""
    spoil(ana, broken, damage)

    page = ana.give_password()

    assert page.status == 200
    page = ana.browser.go("/sign-in/options/")
    assert GONE in page
    if broken == "text":
        assert ana.sign_in().path == "/"
    else:
        ana.give_password()
        assert ana.verify(ana.read_text()).path == "/"


def test_option_that_breaks_in_mid_proof_leads_to_the_others(ana: Person, damage: Damage) -> None:
    ana.give_password()
    code = ana.read_text()
    spoil(ana, "text", damage)

    page = ana.browser.press("Verify", code=code)

    assert page.status == 200
    assert page.path == "/sign-in/options/"
    assert ana.browser.go("/sign-in/verify/").status == 200
    assert ana.browser.client.get("/sign-in/status/").status_code == 200
    ana.browser.go("/sign-in/options/")
    ana.browser.press("Authenticator app")
    assert ana.verify(ana.read_app()).path == "/"


def test_broken_app_code_is_never_right(ana: Person, damage: Damage) -> None:
    code = ana.read_app()
    ana.give_password()
    ana.choose("Authenticator app")
    spoil(ana, "totp", damage)

    assert ana.browser.press("Verify", code=code).path == "/sign-in/options/"


def test_person_with_nothing_else_is_told_where_to_turn(cleo: Person, damage: Damage) -> None:
    spoil(cleo, "totp", damage)

    page = cleo.give_password()

    assert page.status == 200
    assert "Service Desk" in page
    assert cleo.browser.go("/").path != "/"


def test_pages_of_the_portal_and_of_support_still_show(ana: Person, damage: Damage) -> None:
    ana.sign_in()
    dora = hire("dora", "Support desk")
    dora.sign_in(to="/admin/")
    spoil(ana, "text", damage)

    assert GONE in ana.browser.go("/methods/")
    for address in ("/", "/activity/", "/help/diagnose/", "/app-passwords/"):
        assert ana.browser.go(address).status == 200
    case = dora.browser.go(f"/admin/accounts/user/{ana.user.pk}/change/")
    assert case.status == 200
    assert str(CANNOT_BE_READ) in case


def test_broken_option_can_be_removed_and_set_up_again(ana: Person, damage: Damage) -> None:
    spoil(ana, "text", damage)

    gone = enrolments.clear(ana.user, only=ana.enrolment("text"))

    assert len(gone) == 2  # with the call to the same number
    ana.set_up("text")
    assert ana.enrolment("text").address == ana.phone.number


def test_one_of_several_passkeys_hides_no_other(ana: Person) -> None:
    options = enrolments.options(
        enrolments.confirmed(ana.user.pk), policies.rules_for(ana.user.pk).methods, now=timezone.now()
    )
    text = next(option for option in options if option.method == "text")
    broken = replace(text, method="passkey", ref="one", is_default=True, unavailable_reason=GONE)
    good = replace(text, method="passkey", ref="two", is_default=False)

    assert [option.ref for option in enrolments.choices((broken, good))] == ["two"]


def test_alarm_is_raised_once(ana: Person, caplog: pytest.LogCaptureFixture) -> None:
    opal = join("opal", is_staff=True)
    opal.user.groups.add(Group.objects.get(name="Operators"))
    spoil(ana, "text", flip)

    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            Browser().go("/")
            ana.browser = Browser()
            ana.give_password()
    tasks.evaluate_deliveries()
    tasks.evaluate_deliveries()

    [event] = AuditEvent.objects.filter(kind=verification_audit_events.SEALED_VALUE_DAMAGED.kind)
    assert event.user_id == ana.user.pk
    assert event.detail == {"what": "enrolment", "ref": ana.enrolment("text").ref}
    assert len([record for record in caplog.records if record.name == decryption_failures.__name__]) == 1
    template = "verification/notices/to_operators/sealed_value_damaged.txt"
    assert list(Message.objects.filter(template=template).values_list("user__username", flat=True)) == ["opal"]
    assert notices.notify_of_damage(timezone.now()) == 0


def test_alarm_is_raised_after_a_request_that_failed_to(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen failing: the value counted as reported, and nobody heard of it that day."""
    with monkeypatch.context() as patch:
        patch.setattr("verification.audit.record", lambda *_arguments, **_named: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            decryption_failures.report("enrolment", "one", now=timezone.now())

    decryption_failures.report("enrolment", "one", now=timezone.now())

    assert AuditEvent.objects.filter(kind=verification_audit_events.SEALED_VALUE_DAMAGED.kind).count() == 1


def test_message_that_does_not_open_fails_and_stops_no_other(ana: Person, damage: Damage) -> None:
    ana.give_password()
    sealed = Message.objects.get(kind="text")
    other = Message.objects.filter(kind="mail").first() or sealed
    Message.objects.filter(pk=sealed.pk).update(
        sealed_address=damage(sealed.sealed_address, flip(other.sealed_address, ""))
    )

    work()

    assert Message.objects.get(pk=sealed.pk).state == MessageState.FAILED
    assert AuditEvent.objects.filter(
        kind=verification_audit_events.SEALED_VALUE_DAMAGED.kind, detail__what="message"
    ).exists()
    assert ana.browser.reload().status == 200


def test_import_that_does_not_open_ends_and_stops_no_other(ana: Person, damage: Damage) -> None:
    context, fay = Context(now=timezone.now()), hire("fay", "Administrators")
    text = "user name,name,mail,groups,state\n{},New,new@example.org,,\n"
    bad, good = (
        jobs.begin("people", text.format(name), fay.user, context, name=f"{name}.csv", is_dry_run=True)
        for name in ("one", "two")
    )
    Import.objects.filter(pk=bad.pk).update(sealed=damage(bad.sealed, good.sealed))

    jobs.work(timezone.now())

    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.state, bad.n_done, good.state, good.n_done) == ("failed", 0, "done", 1)
    assert [line for line, _words in bad.faults] == [0]
    fay.sign_in(to="/admin/")
    assert fay.browser.go(reverse("admin:import", args=[bad.ref])).status == 200

"""Tests of the support desk, from the call until the caller is signed in again, and of everything it must refuse."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone
from django.utils.text import capfirst

from accounts import app_passwords
from accounts.models import SupportRequest, User
from accounts.support import caller_verification
from accounts.support.actions import ActionRefusal, ActionState
from accounts.support.actions.registry import ACTIONS
from tests.infrastructure.rounds import rounds
from tests.journeys.support.support_cases import call_back
from tests.simulated.people import Clock, Person, join, work
from tests.simulated.support_desk import WHY, address_of_action, case, do, open_action
from verification import outcomes
from verification.context import Context
from verification.delivery.providers.virtual.models import Acceptance, Behaviour
from verification.limits import countries_and_prices, opt_outs
from verification.models import (
    AttemptResult,
    AuditEvent,
    Challenge,
    Country,
    Enrolment,
    FailureReason,
    Message,
    MessageState,
    Policy,
    Purpose,
)
from verification.outcomes import Outcome, Verdict
from verification.policies import DecisionReason


def settle(person: Person) -> None:
    Enrolment.objects.filter(user=person.user).update(confirmed_at=timezone.now() - timedelta(days=30))


def asked_for(person: Person) -> str:
    """Return the method that the newest verification page asks for."""
    found = Challenge.objects.select_related("enrolment").filter(user=person.user).latest("pk").enrolment
    return str(found.method)


def test_lost_phone_from_the_call_to_signed_in_again(ana: Person, dora: Person) -> None:
    settle(ana)
    page = case(dora, ana)
    assert page.path == f"/admin/accounts/user/{ana.user.pk}/change/"
    assert not page.offers("Report a lost phone")
    assert page.offers("Verify the caller")

    dora.browser.follow("Verify the caller")
    dora.browser.press("Authenticator app")
    dora.browser.press("Verify caller", code=ana.read_app().translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")))
    assert AuditEvent.objects.get(kind="support.caller_verified").user_id == ana.user.pk

    do(dora, ana, "phone_lost")
    assert not Enrolment.objects.filter(user=ana.user).exists()
    page = do(dora, ana, "issue_pass")
    secret = page.html.split('id="pass" class="big">')[1].split("<")[0]
    assert len(secret) == 8

    ana.give_password()
    assert asked_for(ana) == "access_pass"
    page = ana.verify(secret)
    assert page.path == "/sign-in/register/"
    ana.browser.press("Text message")
    ana.browser.press("Continue", number=ana.phone.number)
    page = ana.verify(ana.read_text())
    assert page.path == "/sign-in/register/second/"
    assert User.objects.get(pk=ana.user.pk).n_methods == 1


def test_text_that_did_not_arrive_leads_to_what_happened_to_it(ana: Person, dora: Person) -> None:
    """Seen failing: the case named the state, and nothing led to the attempts and the name in the log files."""
    ana.give_password()
    Behaviour.objects.create(number="", acceptance=Acceptance.BAR, refusal=FailureReason.LANDLINE)
    work()
    message = Message.objects.get()
    case(dora, ana)

    page = dora.browser.follow("What happened")

    refusal = f"{AttemptResult.REFUSED.label}, {FailureReason.LANDLINE.label}"
    assert page.rows[capfirst(refusal)][-1] == "virtual"
    assert f"m{message.pk}" in page


def test_pass_that_is_good_once_opens_once(ana: Person, dora: Person) -> None:
    settle(ana)
    call_back(dora, ana)
    page = do(dora, ana, "issue_pass", once="on")
    secret = page.html.split('id="pass" class="big">')[1].split("<")[0]

    ana.give_password()
    page = ana.verify(secret)
    assert page.path == "/"

    ana.browser.press("Sign out")
    page = ana.give_password()
    assert asked_for(ana) != "access_pass"


@pytest.mark.parametrize(
    ("name", "kind", "fields"),
    [
        ("clear_settings", "support.settings_cleared", {"app_passwords_too": "on"}),
        ("phone_lost", "support.phone_lost", {}),
        ("unlock", "support.person_unlocked", {}),
        ("delete_app_passwords", "support.app_passwords_deleted", {}),
        ("forget_browsers", "support.browsers_forgotten", {}),
        ("end_sessions", "support.sessions_ended", {}),
        ("require_password", "support.password_required", {}),
        ("block", "support.person_blocked", {"days": "90"}),
        ("set_state", "support.state_set", {"state": "enforced"}),
        ("bypass_once", "support.bypass_given", {"seconds": "300"}),
    ],
)
def test_each_action_is_done_told_and_written_down(
    name: str, kind: str, fields: dict[str, str], ana: Person, sam: Person
) -> None:
    settle(ana)
    ana.sign_in(remember="on")  # so that there is something to end
    app_passwords.issue(ana.user, Context(now=timezone.now()), name="old laptop", program="mail")
    call_back(sam, ana)
    Message.objects.all().delete()

    page = do(sam, ana, name, **fields)

    assert str(ACTIONS[name].label) in page
    event = AuditEvent.objects.get(kind=kind)
    assert (event.actor_id, event.user_id) == (sam.user.pk, ana.user.pk)
    assert event.said.items() >= WHY.items()
    assert event.said["caller"] == "Call back"
    mail = Message.objects.get(user=ana.user, kind="mail")
    assert mail.context["staff"] == "Sam"
    assert "INC-4711" in case(sam, ana)


def test_method_is_reset_alone(ana: Person, sam: Person) -> None:
    settle(ana)
    call_back(sam, ana)

    do(sam, ana, "reset_device", ref=ana.enrolment("text").ref)

    assert list(Enrolment.objects.filter(user=ana.user).values_list("method", flat=True)) == ["totp"]


def test_trial_says_where_there_is_nothing_to_try(cleo: Person, dora: Person) -> None:
    page = open_action(dora, cleo, "try_message")

    assert page.path.endswith("/do/try_message/")
    assert all("ref" not in form.names() for form in page.forms)


def test_trial_goes_out_and_the_case_shows_it(ana: Person, dora: Person) -> None:
    do(dora, ana, "try_message", ref=ana.enrolment("text").ref)
    work()

    page = case(dora, ana)

    assert str(MessageState.DELIVERED.label) in page


@pytest.mark.parametrize("verdict", [Verdict.STOPPED, Verdict.COUNTRY_NOT_ALLOWED])
def test_trial_that_does_not_go_out_says_why(verdict: Verdict, ana: Person, dora: Person, clock: Clock) -> None:
    """Seen failing with one reason for all: too many messages."""
    if verdict is Verdict.STOPPED:
        opt_outs.stop(ana.phone.number, provider="virtual", now=clock.now)
    else:
        Country.objects.update_or_create(code="CH", defaults={"texts": False})
        countries_and_prices.forget()

    do(dora, ana, "try_message", ref=ana.enrolment("text").ref)

    assert outcomes.words(Outcome(verdict=verdict), now=clock.now).title in dora.page


def test_reason_and_ticket_are_wanted_and_nothing_is_lost(ana: Person, dora: Person) -> None:
    open_action(dora, ana, "end_sessions")

    page = dora.browser.press("End all sessions", reason="lost it", ticket="two words")

    assert "no spaces" in page
    assert "lost it" in page.html
    assert not AuditEvent.objects.filter(kind="support.sessions_ended").exists()


def test_person_who_was_let_in_once_is_asked_the_next_time(ana: Person, sam: Person) -> None:
    settle(ana)
    call_back(sam, ana)
    do(sam, ana, "bypass_once", seconds="300")

    page = ana.give_password()
    assert DecisionReason.BYPASSED.why_skipped in page
    page = ana.browser.go("/methods/add/")
    assert page.path == "/sign-in/again/"
    ana.browser.go("/")
    ana.browser.press("Sign out")

    assert ana.give_password().path == "/sign-in/verify/"


def test_new_password_is_asked_for_before_anything_else(cleo: Person, sam: Person) -> None:
    do(sam, cleo, "require_password")

    page = cleo.sign_in()
    assert page.path == "/password/"
    assert User.objects.get(pk=cleo.user.pk).must_change_password
    assert cleo.browser.go("/methods/").path == "/password/"
    page = cleo.browser.press("Change password", password="blue-lamp-on-monday", new_password="blue-lamp-on-monday")
    assert page.path == "/password/"
    assert User.objects.get(pk=cleo.user.pk).must_change_password
    page = cleo.browser.press("Change password", password="blue-lamp-on-monday", new_password="green-tree-on-friday")
    assert page.path == "/methods/"


def test_many_people_are_cleared_at_once(sam: Person, no_check: None) -> None:
    n_people = rounds(40, 200)
    people = [join(f"p{n:03}").set_up("totp").user.pk for n in range(n_people)]

    sam.browser.go("/admin/accounts/user/?q=p")
    sam.browser.go("/admin/accounts/user/?q=@example.org&state=enabled")
    page = sam.browser.press("Preview", action="clear_settings", all="on")
    assert f"Clear settings: {n_people + 1} people" in page
    assert f"Authenticator app × {n_people}" in page
    assert f"{ActionRefusal.ONESELF.advice} sam" in page
    page = sam.browser.press(f"Clear settings for {n_people} people", **WHY)

    assert page.data("state").count(ActionState.DONE) == n_people
    assert not Enrolment.objects.filter(user__in=people).exists()
    assert AuditEvent.objects.filter(kind="support.settings_cleared").count() == n_people


def test_case_shows_no_whole_number_and_no_secret(ana: Person, dora: Person) -> None:
    ana.give_password()
    work()

    page = case(dora, ana)

    assert ana.phone.number not in page.html
    assert ana.phone.code() not in page.html


def test_whole_number_finds_its_person(ana: Person, ben: Person, dora: Person) -> None:
    page = dora.browser.go(f"/admin/accounts/user/?q={ana.phone.number.replace('+', '%2B')}")

    assert page.offers("ana")
    assert not page.offers("ben")


def test_person_sees_who_asked(ana: Person, dora: Person) -> None:
    settle(ana)
    case(dora, ana)
    dora.browser.follow("Verify the caller")
    dora.browser.press("Text message")
    work()
    assert Challenge.objects.get(user=ana.user).purpose == Purpose.CALLER
    assert len(ana.phone.messages("text")) == 1

    ana.sign_in()

    page = ana.browser.go("/")
    assert "support:caller_check" in page.outcomes
    assert "Dora" in page


def test_changed_meanwhile_is_shown_again(ana: Person, sam: Person) -> None:
    call_back(sam, ana)
    case(sam, ana)
    sam.browser.follow("Clear settings")
    Enrolment.objects.filter(user=ana.user, method="totp").delete()

    page = sam.browser.press("Clear settings", app_passwords_too="on", **WHY)

    assert page.offers("Clear settings"), "after another look at the preview"
    assert not AuditEvent.objects.filter(kind="support.settings_cleared").exists()
    assert Enrolment.objects.filter(user=ana.user).exists()


def test_pass_is_seen_and_deleted_by_its_person_and_never_tried_out(ana: Person, dora: Person) -> None:
    call_back(dora, ana)
    do(dora, ana, "issue_pass", once="on")
    ana.sign_in()
    ref = ana.enrolment("access_pass").ref

    page = ana.browser.go("/methods/")
    assert "valid until" in page
    ana.browser.send(f"/methods/{ref}/try/")
    ana.browser.send(f"/methods/{ref}/usual/")
    assert Enrolment.objects.get(ref=ref).ends_at > timezone.now()
    assert not Enrolment.objects.get(ref=ref).is_default

    ana.browser.go(f"/methods/{ref}/remove/")
    ana.browser.press("Remove method")
    assert not Enrolment.objects.filter(ref=ref).exists()


def test_check_of_one_person_is_nothing_at_the_address_of_another(ana: Person, ben: Person, dora: Person) -> None:
    """Seen failing when the check was looked up only by its name: the page said that it was the other person."""
    settle(ana)
    case(dora, ana)
    dora.browser.follow("Verify the caller")
    page = dora.browser.press("Authenticator app")
    strange = page.path.replace(f"/{ana.user.pk}/", f"/{ben.user.pk}/")

    page = dora.browser.send(strange, code=ana.read_app())

    assert page.status == 404
    assert "Ana" not in page
    assert "Ben" not in page
    assert not AuditEvent.objects.filter(kind="support.caller_verified").exists()
    assert not case(dora, ben).leads_to(address_of_action(ben, "clear_settings"))


def test_form_that_was_sent_twice_is_done_once(ana: Person, sam: Person) -> None:
    call_back(sam, ana)
    case(sam, ana)
    page = sam.browser.follow("Issue a Temporary Access Pass")
    fields = page.form("Issue a Temporary Access Pass")[0].fields | WHY

    first = sam.browser.send(page.path, **fields)
    second = sam.browser.send(page.path, **fields)

    assert 'id="pass"' in first.html
    assert 'id="pass"' not in second.html
    assert f"support:{ActionState.UNNEEDED}" in second.outcomes
    assert AuditEvent.objects.filter(kind="support.pass_issued").count() == 1


def test_preview_for_many_says_who_waits_for_a_second_person(ana: Person, ben: Person, sam: Person) -> None:
    """The preview counted them among those changed now. Seen failing."""
    lab = Group.objects.create(name="Lab")
    Policy.objects.update_or_create(group=None, defaults={"caller_check": False})
    Policy.objects.create(group=lab, rank=1, second_person=["clear_settings"])
    ben.user.groups.add(lab)

    sam.browser.go("/admin/accounts/user/?q=example.org")
    page = sam.browser.press("Preview", action="clear_settings", all="on")
    sent = sam.browser.press("Clear settings for 1 person, request approval for 1", **WHY)

    assert (page.data("at-once"), page.data("waiting")) == (["1"], ["1"])
    assert "ben" in page.html.split('data-waiting="1"')[1].split("</section>")[0]
    assert sent.status == 200
    assert AuditEvent.objects.filter(kind="support.refused").count() == 1
    assert (Enrolment.objects.filter(user=ana.user).count(), SupportRequest.objects.get().person) == (0, ben.user)


def test_preview_for_many_who_all_wait_promises_no_change(ana: Person, ben: Person, sam: Person) -> None:
    defaults = {"caller_check": False, "second_person": ["unlock"]}
    Policy.objects.update_or_create(group=None, defaults=defaults)
    sam.browser.go("/admin/accounts/user/?q=@example.org")

    page = sam.browser.press("Preview", action="unlock", all="on")

    assert (page.data("at-once"), page.data("waiting")) == (["0"], ["2"])
    assert page.offers("Request approval for 2 people")
    assert not page.offers(f"{ACTIONS['unlock'].label} for")


def test_page_says_how_long_a_caller_stays_verified(ana: Person, dora: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen failing: the page said 15 minutes, whatever the constant said."""
    monkeypatch.setattr(caller_verification, "CHECK_LIFE", timedelta(minutes=20))
    case(dora, ana)

    page = dora.browser.follow("Verify the caller")
    assert re.findall(r"\d+", page.part("class", "lead").words) == ["20"]

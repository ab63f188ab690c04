"""Tests of issuing a Temporary Access Pass: when it works, how often, and that it is shown once."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from accounts.models import Session
from accounts.support.actions import Actor, temporary_access_passes
from accounts.support.actions.temporary_access_passes import PassForm
from tests.simulated.people import Clock, Person
from verification import enrolments, method_registry, time_format
from verification.context import Context
from verification.method_capabilities import Temporary
from verification.models import AuditEvent, Enrolment, Message

WHY = {"reason": "phone left in a taxi", "ticket": "INC-1"}


@pytest.fixture
def actor(sam: Person, context: Context) -> Actor:
    return Actor(staff=sam.user, context=context, reason="asked", ticket="1")


def form(**fields: object) -> PassForm:
    return PassForm({"life": 60, "length": 8, "once": "", "starts_at": ""} | WHY | fields)


def issue(person: Person, actor: Actor, *, starts_at: datetime | None = None, **fields: object) -> str:
    new, life = enrolments.new_pass(person.user, fields), timedelta(hours=1)
    return temporary_access_passes.issue_pass(person.user, actor, new=new, life=life, starts_at=starts_at).secret


def test_pass_has_the_chosen_length_and_works(ana: Person, actor: Actor) -> None:
    secret = issue(ana, actor, length=12)

    assert len(secret.replace("-", "").replace(" ", "")) == 12
    ana.give_password()
    ana.browser.go("/sign-in/options/")
    ana.browser.press("Temporary Access Pass")
    ana.verify(secret)
    assert Session.objects.filter(user=ana.user).exists()


def test_pass_is_stored_nowhere(ana: Person, actor: Actor) -> None:
    secret = issue(ana, actor)

    rows = [*AuditEvent.objects.values(), *Enrolment.objects.values(), *Message.objects.values()]
    assert secret not in repr(rows)


def test_new_pass_replaces_the_former_one(ana: Person, actor: Actor) -> None:
    first = issue(ana, actor)

    assert issue(ana, actor) != first
    assert Enrolment.objects.filter(user=ana.user, method="access_pass", confirmed=True).count() == 1


@pytest.mark.parametrize("once", [True, False])
def test_event_says_from_when_to_when_and_how_often(ana: Person, actor: Actor, context: Context, *, once: bool) -> None:
    begins = context.now + timedelta(days=2)

    issue(ana, actor, once=once, starts_at=begins)

    detail = AuditEvent.objects.get(kind="support.pass_issued").detail
    ends = begins + timedelta(hours=1)
    assert (detail["starts_at"], detail["ends_at"], detail["once"]) == (begins.isoformat(), ends.isoformat(), once)


def test_text_for_staff_says_when_the_pass_ends(ana: Person, actor: Actor, context: Context) -> None:
    life, begins = timedelta(hours=1), context.now + timedelta(days=2)
    new = enrolments.new_pass(ana.user, {})

    now = temporary_access_passes.issue_pass(ana.user, actor, new=new, life=life)
    later = temporary_access_passes.issue_pass(ana.user, actor, new=new, life=life, starts_at=begins)

    assert time_format.moment(context.now + life) in now.text
    assert time_format.moment(begins) in later.text
    assert time_format.moment(begins + life) in later.text


def test_start_in_the_past_means_now(ana: Person, actor: Actor, context: Context) -> None:
    """A request may wait for approval until the start that it named has passed."""
    issue(ana, actor, starts_at=context.now - timedelta(days=1))

    detail = AuditEvent.objects.get(kind="support.pass_issued").detail
    assert detail["ends_at"] == (context.now + timedelta(hours=1)).isoformat()


def test_person_is_told_without_the_pass(ana: Person, actor: Actor) -> None:
    Message.objects.all().delete()

    secret = issue(ana, actor)

    assert Message.objects.filter(user=ana.user).exists()
    assert secret not in repr(list(Message.objects.values()))


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(
    "fields", [{"length": 7}, {"length": 49}, {"life": 61}, {"starts_at": "2020-01-01T00:00"}, {"reason": ""}]
)
def test_form_refuses_what_no_pass_can_be(fields: dict[str, object]) -> None:
    assert list(form(**fields).errors) == list(fields)


@pytest.mark.usefixtures("clock")
def test_form_has_the_lengths_of_the_method(monkeypatch: pytest.MonkeyPatch) -> None:
    method = method_registry.only(Temporary)
    monkeypatch.setattr(method, "min_length", 12)
    monkeypatch.setattr(method, "max_length", 20)

    length = form().fields["length"]

    assert (length.initial, length.widget.attrs["min"], length.widget.attrs["max"]) == (12, 12, 20)
    wrong = [form(length=length).errors["length"].as_data() for length in (11, 21)]
    assert [(error.code, "12" in error.messages[0], "20" in error.messages[0]) for [error] in wrong] == [
        ("min_value", True, False),
        ("max_value", False, True),
    ]
    assert form(length=12).is_valid()
    assert form(length=20).is_valid()


def test_form_takes_a_start_within_thirty_days(clock: Clock) -> None:
    last, late = (timezone.localtime(clock.now + timedelta(days=30, minutes=n)) for n in (0, 1))

    assert form(starts_at=f"{last:%Y-%m-%dT%H:%M}").is_valid()
    assert list(form(starts_at=f"{late:%Y-%m-%dT%H:%M}").errors) == ["starts_at"]


@pytest.mark.usefixtures("clock")
def test_options_can_be_stored_while_a_request_waits() -> None:
    chosen = form(once="on", starts_at="2026-03-03T10:00")
    assert chosen.is_valid()

    options = chosen.options()

    assert (options["life"], options["length"], options["once"]) == (60, 8, True)
    assert isinstance(options["starts_at"], str)

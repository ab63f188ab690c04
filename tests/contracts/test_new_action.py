"""Tests that a new support action needs one function with its declaration, and one event, to be offered and notified.

In the product both declarations are passed to `declare`; here they are added for one test at a time.
"""

import pytest
from django.db import transaction

from accounts.models import User
from accounts.support.actions import action_preview
from accounts.support.actions.action_form_and_declaration import (
    Action,
    ActionResult,
    ActionTopic,
    Actor,
    Effect,
    notify,
    record,
)
from accounts.support.actions.registry import ACTIONS
from tests.simulated.people import Person, hire
from tests.simulated.support_desk import WHY, case, do
from verification.audit import Notice, UserEvent, declaring_events
from verification.delivery import rendering
from verification.models import AuditEvent, Message

# Edit 1: the event, with its lines on pages and its notice, in `accounts/support/support_action_audit_events.py`.
PERSON_GREETED = UserEvent(
    "support.person_greeted",
    icon="person",
    title="Support greeted you",
    staff_title="Support greeted them",
    notice=Notice(subject="support greeted you", text="%(staff)s from your support desk greeted you."),
)


PREVIEW, DONE = "They read a greeting.", "They are greeted."


# Edit 2: the function and its declaration, in the module of its subject in `accounts/support/actions/`.
def greet(person: User, actor: Actor) -> ActionResult:
    """Greet a user."""
    with transaction.atomic():
        record(PERSON_GREETED, person, actor)
        notify(person, PERSON_GREETED, actor)
    return ActionResult(DONE)


GREET = Action(
    name="greet",
    label="Greet",
    explain="Say hello to them.",
    icon="person",
    topic=ActionTopic.ACCOUNT,
    permission="end_sessions",
    effect=Effect.TRIES,
    run=greet,
    preview=action_preview.lines(PREVIEW),
)


@pytest.fixture(autouse=True)
def _declared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(declaring_events._declared, PERSON_GREETED.kind, PERSON_GREETED)
    monkeypatch.setitem(ACTIONS, "greet", GREET)


def test_is_offered_on_the_case_page_and_for_many(dora: Person, ana: Person) -> None:
    assert str(GREET.explain) in case(dora, ana)
    assert 'value="greet"' in dora.browser.go("/admin/accounts/user/?q=ana").html


def test_is_not_offered_to_staff_without_its_permission(ana: Person, db: None) -> None:
    otto = hire("otto", "Auditors")
    otto.sign_in(to="/admin/")

    assert str(GREET.explain) not in case(otto, ana)


def test_is_previewed_done_recorded_and_listed(dora: Person, ana: Person) -> None:
    case(dora, ana)
    assert PREVIEW in dora.browser.follow("Greet")

    done = dora.browser.press("Greet", **WHY)

    assert DONE in done
    event = AuditEvent.objects.get(kind="support.person_greeted")
    assert event.detail["ticket"] == WHY["ticket"]
    assert str(PERSON_GREETED.staff_title) in done
    ana.sign_in()
    assert str(PERSON_GREETED.title) in ana.browser.go("/activity/")


def test_is_told_by_email(dora: Person, ana: Person) -> None:
    do(dora, ana, "greet")

    mail = rendering.compose(Message.objects.get(user=ana.user, kind="mail"))

    assert PERSON_GREETED.notice is not None
    assert mail.subject.endswith(f": {PERSON_GREETED.notice.subject}")
    assert str(PERSON_GREETED.notice.text) % {"staff": dora.user.get_full_name()} in mail.words
    assert f"Ticket: {WHY['ticket']}" in mail.words

"""Tests that everything that ends a session here also ends what was opened in applications, in the same transaction."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.db.models import QuerySet

from accounts import access, applications, password_changes
from accounts.applications import application_sessions
from accounts.models import Application, ApplicationSession, Session, User
from accounts.portal import this_wasnt_me_effects
from accounts.sessions import ending_sessions
from accounts.sessions.session_store import SessionStore
from accounts.support.actions import blocks_and_bypasses as access_actions
from accounts.support.actions import browsers_and_sessions, erasure, method_resets, role_assignment
from accounts.support.actions.action_form_and_declaration import Actor
from accounts.support.groups import group_changes_and_approvals
from accounts.support.groups.change_preview_and_refusals import WantedGroup, plan
from accounts.support.imports import people_rows, reading_and_checking_people_rows
from tests.simulated.http_browser import Browser
from tests.simulated.people import PASSWORD, Clock, Person, join, work
from verification import enrolments
from verification.context import Context
from verification.models import Policy


@pytest.fixture
def wiki(db: None) -> Application:
    return Application.objects.create(slug="wiki", name="Wiki", kind=Application.Kind.PROXY)


@pytest.fixture
def actor(clock: Clock) -> Actor:
    root = join("root", is_staff=True, is_superuser=True)
    return Actor(staff=root.user, context=Context(now=clock.now), reason="phone left in a taxi", ticket="INC-1")


def _open(person: Person, application: Application, clock: Clock) -> str:
    """Open an application from the newest session of a person, and return the session's public name."""
    session = Session.objects.filter(user=person.user).latest("made_at")
    answer = access.AccessDecision(step=access.AccessStep.CONTINUE, reason=access.AccessReason.MET)
    applications.open(application, person.user, session.ref, answer, clock.now)
    return session.ref


def _ends() -> dict[str, str]:
    return dict(ApplicationSession.objects.filter(ended_at__isnull=False).values_list("session_ref", "end_reason"))


def _change_password(person: Person, actor: Actor) -> None:
    user = User.objects.get(pk=person.user.pk)
    assert password_changes.change(user, "green-lamp-on-tuesday", actor.context)


def _remove_method(person: Person, actor: Actor) -> None:
    assert enrolments.remove(person.enrolment("text"), actor.context, allowed=("totp",), one_must_stay=True)


def _import(person: Person, _actor: Actor) -> None:
    user = User.objects.get(pk=person.user.pk)
    wanted = reading_and_checking_people_rows.WantedPerson(
        username="ana", name=user.name, email=user.email, state="enforced", groups=frozenset()
    )
    with transaction.atomic():
        people_rows._save([], [(user, wanted)], {})


def _give_roles(person: Person, actor: Actor) -> None:
    role_assignment.give_roles(person.user, actor, roles=["Support desk"])


def _expire(_person: Person, _actor: Actor) -> None:
    Session.objects.update(expire_date=datetime(2020, 1, 1, tzinfo=UTC))
    SessionStore.clear_expired()


def _end_own(person: Person, actor: Actor) -> None:
    ending_sessions.end_own(Session.objects.get(user=person.user), person.user, actor.context)


EVENTS: dict[str, tuple[Callable[[Person, Actor], object], str]] = {
    "sign-out": (lambda person, _actor: person.browser.send("/sign-out/"), "sign-out"),
    "expiry": (_expire, "expired"),
    "own session": (_end_own, "session-ended"),
    "all sessions": (lambda person, actor: browsers_and_sessions.end_sessions(person.user, actor), "session-ended"),
    "cleared": (lambda person, actor: method_resets.clear_settings(person.user, actor), "cleared"),
    "lost phone": (lambda person, actor: method_resets.phone_lost(person.user, actor), "cleared"),
    "blocked": (lambda person, actor: access_actions.block(person.user, actor), "blocked"),
    "state": (lambda person, actor: access_actions.set_state(person.user, actor, state="enforced"), "account-changed"),
    "new password": (lambda person, actor: access_actions.require_password(person.user, actor), "account-changed"),
    "password": (_change_password, "password-changed"),
    "method removed": (_remove_method, "method-removed"),
    "import": (_import, "account-changed"),
    "role": (_give_roles, "account-changed"),
    "not me": (
        lambda person, actor: this_wasnt_me_effects.begin(person.user, actor.context, about="x"),
        "account-changed",
    ),
}


@pytest.mark.parametrize("name", EVENTS)
def test_ends_what_the_session_opened(ana: Person, wiki: Application, clock: Clock, actor: Actor, name: str) -> None:
    """Each seen failing with its line or the registration removed."""
    bystander = join("ben").set_up("totp")
    ana.sign_in()
    bystander.sign_in()
    ref, _other = _open(ana, wiki, clock), _open(bystander, wiki, clock)
    act, why = EVENTS[name]

    act(ana, actor)

    ended = _ends()
    assert ended.pop(ref) == why
    assert not ended or name == "expiry"


def test_erasing_a_person_announces_what_they_had_open(
    ana: Person, wiki: Application, clock: Clock, actor: Actor, heard: list[str]
) -> None:
    ana.sign_in()
    ref = _open(ana, wiki, clock)

    erasure.erase(ana.user, actor)

    assert heard == [ref]


def test_fraud_report_ends_what_was_open(ana: Person, wiki: Application, clock: Clock) -> None:
    ana.set_up("call")
    ana.sign_in()
    ref = _open(ana, wiki, clock)
    ana.browser = Browser()
    ana.give_password()
    ana.choose("Phone call")
    work()
    ana.phone.answer()
    ana.phone.press("0#")

    assert _ends() == {ref: "locked"}


def test_signing_in_again_in_the_same_browser_ends_what_was_open(ana: Person, wiki: Application, clock: Clock) -> None:
    ana.sign_in()
    ref = _open(ana, wiki, clock)
    Policy.objects.create(trusted_networks=["192.0.2.0/24"])

    ana.browser.send("/sign-in/", username="ana", password=PASSWORD)

    assert _ends() == {ref: "session-over"}


def test_a_session_that_policy_ends_ends_what_it_opened(ana: Person, wiki: Application, clock: Clock) -> None:
    policy = Policy.objects.create(trusted_networks=["192.0.2.0/24"])
    ana.give_password()
    ref = _open(ana, wiki, clock)
    Policy.objects.filter(pk=policy.pk).update(trusted_networks=[])
    clock.forward(seconds=5)

    assert ana.browser.go("/").path == "/sign-in/"

    assert _ends() == {ref: "session-over"}


def test_ending_the_other_sessions_leaves_this_one(ana: Person, wiki: Application, clock: Clock) -> None:
    """Seen failing without `spared`."""
    ana.sign_in()
    former = _open(ana, wiki, clock)
    ana.browser = Browser()
    clock.forward(minutes=1)
    ana.sign_in()
    here = _open(ana, wiki, clock)

    ana.browser.send("/browsers/sign-out-everywhere/")

    assert _ends() == {former: "session-ended"}
    assert Session.objects.get().ref == here


def test_a_key_that_another_request_changed_ends_nothing(ana: Person, wiki: Application, clock: Clock) -> None:
    """A request that is only behind must not end the session. Seen failing with the row found by its public name."""
    ana.sign_in()
    _open(ana, wiki, clock)
    behind = SessionStore(ana.browser.session_key)
    behind.load()
    newer = SessionStore(ana.browser.session_key)
    newer.cycle_key()
    newer.save()

    behind.flush()

    assert _ends() == {}
    assert Session.objects.filter(user=ana.user).exists()


def test_nothing_ends_if_the_change_is_undone(
    ana: Person, wiki: Application, clock: Clock, actor: Actor, heard: list[str]
) -> None:
    ana.sign_in()
    ref = _open(ana, wiki, clock)

    with transaction.atomic():
        access_actions.block(ana.user, actor)
        transaction.set_rollback(True)

    assert heard == [ref]
    assert _ends() == {}


def _rename(group: Group, **people: tuple[str, ...]) -> WantedGroup:
    return WantedGroup(name=group.name, rights=frozenset(), **people)


def _leave_by_import(ana: Person, _group: Group, actor: Actor) -> None:
    user = User.objects.get(pk=ana.user.pk)
    wanted = reading_and_checking_people_rows.WantedPerson(
        username="ana", name="Ana", email=user.email, state=user.second_step, groups=frozenset()
    )
    with transaction.atomic():
        people_rows._save([], [(user, wanted)], {})


def _leave_by_form(_ana: Person, group: Group, actor: Actor) -> None:
    wanted = _rename(group, leaving=("ana",))
    with transaction.atomic():
        group_changes_and_approvals.change(group, wanted, actor, seen=plan(actor.staff, group, wanted).seen)


@pytest.mark.parametrize("leave", [_leave_by_import, _leave_by_form])
def test_leaving_the_group_ends_what_it_allowed(
    ana: Person, wiki: Application, clock: Clock, actor: Actor, leave: Callable[[Person, Group, Actor], None]
) -> None:
    """Seen failing without `remembered_browser_revocation.on_settle`."""
    finance, staff = Group.objects.create(name="Finance"), Group.objects.create(name="Everyone")
    wiki.groups.add(finance)
    news = Application.objects.create(slug="news", name="News", kind=Application.Kind.PROXY)
    tickets = Application.objects.create(slug="tickets", name="Tickets", kind=Application.Kind.PROXY)
    tickets.groups.add(staff)
    colleague = join("ben").set_up("totp")
    for person in (ana, colleague):
        person.user.groups.add(finance)
        person.sign_in()
        _open(person, wiki, clock)
        _open(person, news, clock)

    leave(ana, finance, actor)

    ended = ApplicationSession.objects.filter(ended_at__isnull=False)
    assert [(each.user_id, each.application.slug, each.end_reason) for each in ended] == [
        (ana.user.pk, "wiki", "left-group")
    ]


def test_another_allowed_group_is_enough(ana: Person, wiki: Application, clock: Clock, actor: Actor) -> None:
    finance, other = Group.objects.create(name="Finance"), Group.objects.create(name="Other")
    wiki.groups.add(finance, other)
    ana.user.groups.add(finance, other)
    ana.sign_in()
    _open(ana, wiki, clock)

    _leave_by_form(ana, finance, actor)

    assert _ends() == {}


@pytest.fixture
def heard() -> Iterator[list[str]]:
    """Which sessions receivers heard of, each while its transaction was open."""
    found: list[str] = []

    def receive(ended: QuerySet[ApplicationSession], _now: datetime) -> None:
        assert connection.in_atomic_block
        found.extend(ended.values_list("session_ref", flat=True))

    applications.on_end(receive)
    yield found
    application_sessions._receivers.remove(receive)

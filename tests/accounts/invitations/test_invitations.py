"""Tests of invitations: who gets one, what its link does and when it ends, reminders, and where staff see its state."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import invitations
from accounts.invitations import InvitationState
from accounts.models import Import, Invitation, User
from accounts.support import people_search
from accounts.support.actions import ActionState as Done
from accounts.support.imports import jobs, people_rows
from accounts.support.people_search import PeopleSearch
from tests.accounts.invitations.invited_people import fresh, invited, kinds, link, state
from tests.simulated.http_browser import Browser, Page
from tests.simulated.people import Clock, Person, join
from tests.simulated.support_desk import case, do
from verification.context import Context
from verification.delivery.providers.virtual.models import Delivery
from verification.models import AuditEvent, Message

# Reminders ----------------------------------------------------------------------------------------------------------


def test_reminds_a_few_times_with_a_new_link_each(nina: Person, clock: Clock) -> None:
    former, reminded = invited(nina, clock), []

    for _day in range(30):
        clock.forward(days=1)
        reminded.append(invitations.remind(clock.now))

    assert sum(reminded) == 2
    assert reminded.index(1) == 3  # on the fourth day
    assert kinds(nina).count("invitation.reminded") == 2
    assert Browser().go(former).status == 410


def test_the_reminder_says_so_and_its_link_works(nina: Person, clock: Clock) -> None:
    invited(nina, clock)
    clock.forward(days=5)
    invitations.remind(clock.now)

    path = link()

    assert "reminder" in Delivery.objects.filter(kind="mail").order_by("-pk")[0].subject
    assert state(nina, clock) is InvitationState.REMINDED
    assert Browser().go(path).status == 200


def test_reminds_nobody_who_followed_it_or_left(clock: Clock, db: None) -> None:
    ended: dict[str, dict[str, Any]] = {
        "signed.in": {"last_login": clock.now},
        "off": {"is_active": False},
        "no.mail": {"email": ""},
        "has.password": {"password": "md5$x$y"},
        "blocked": {"blocked_until": clock.now + timedelta(days=90)},
        "locked": {"second_step_locked_at": clock.now},
    }
    for name, changes in ended.items():
        person = fresh(name)
        invitations.invite_new([person.user.pk], clock.now)
        User.objects.filter(pk=person.user.pk).update(**changes)
    clock.forward(days=5)

    assert invitations.remind(clock.now) == 0


# Staff --------------------------------------------------------------------------------------------------------------


def test_staff_invite_from_the_page_of_a_person(dora: Person, nina: Person, clock: Clock) -> None:
    assert state(nina, clock) is InvitationState.NOT_INVITED
    before = invitations.words(nina.user, clock.now)
    assert before
    assert before in case(dora, nina)

    do(dora, nina, "invite")

    assert Browser().go(link()).status == 200
    assert kinds(nina) == ["support.invited"]
    assert state(nina, clock) is InvitationState.INVITED
    after = invitations.words(nina.user, clock.now)
    assert after not in {"", before}
    assert after in case(dora, nina)


def test_each_state_has_words_of_its_own(nina: Person, clock: Clock) -> None:
    found = {state(nina, clock): invitations.words(nina.user, clock.now)}
    invited(nina, clock)
    found[state(nina, clock)] = invitations.words(nina.user, clock.now)
    clock.forward(days=5)
    invitations.remind(clock.now)
    found[state(nina, clock)] = invitations.words(nina.user, clock.now)
    clock.forward(days=90)
    found[state(nina, clock)] = invitations.words(nina.user, clock.now)
    Invitation.objects.update(accepted_at=clock.now)
    found[state(nina, clock)] = invitations.words(nina.user, clock.now)

    assert set(found) == set(InvitationState)
    assert "" not in found.values()
    assert len(set(found.values())) == len(found)


def test_nothing_is_said_of_those_who_need_no_invitation(nina: Person, ana: Person, clock: Clock) -> None:
    invited(nina, clock)
    User.objects.filter(pk=nina.user.pk).update(last_login=clock.now)
    nina.user.refresh_from_db()

    assert [state(nina, clock), state(ana, clock)] == [None, None]
    assert [invitations.words(each.user, clock.now) for each in (nina, ana)] == ["", ""]


def test_nobody_is_invited_twice_within_minutes(dora: Person, nina: Person, clock: Clock) -> None:
    do(dora, nina, "invite")

    assert do(dora, nina, "invite").outcomes == {f"form:{Done.UNNEEDED}"}

    assert Message.objects.filter(user=nina.user).count() == 1
    Invitation.objects.update(sent_at=clock.now - timedelta(minutes=11))
    do(dora, nina, "invite")
    assert Message.objects.filter(user=nina.user).count() == 2


def test_people_who_need_none_get_none(dora: Person, clock: Clock) -> None:
    ana, silent = join("ana"), fresh("silent")
    User.objects.filter(pk=silent.user.pk).update(email="")

    for person in (ana, silent):
        assert do(dora, person, "invite").outcomes == {f"form:{Done.UNNEEDED}"}

    assert not Invitation.objects.exists()


def test_the_events_of_many_new_people_are_one_statement(db: None, clock: Clock) -> None:
    """Seen failing with one statement for each."""
    people = [fresh(f"nina.{number}") for number in range(5)]

    with CaptureQueriesContext(connection) as seen:
        invitations.invite_new([person.user.pk for person in people], clock.now)

    assert [kinds(person) for person in people] == [["invitation.sent"]] * 5
    written = f'INSERT INTO "{AuditEvent._meta.db_table}"'
    assert sum(query["sql"].startswith(written) for query in seen) == 1


def test_many_are_invited_from_the_list(dora: Person, clock: Clock) -> None:
    people = [fresh(f"nina.{number}") for number in range(3)]
    browser = dora.browser
    browser.go("/admin/accounts/user/?trouble=not_invited")
    form, _button = browser.shown.form("Preview")
    sent = form.fields | {"people": [str(each.user.pk) for each in people], "action": "invite"}

    browser.page = Page(browser.client.post(form.action, sent, follow=True))
    browser.press("Invite", reason="they start on Monday", ticket="HR-1")

    assert set(Invitation.objects.values_list("user__username", flat=True)) == {each.user.username for each in people}
    assert Message.objects.filter(template__contains="invitation").count() == 3


def test_the_list_is_filtered_by_state(dora: Person, clock: Clock) -> None:
    names = ["not.invited", "invited", "reminded", "expired", "accepted"]
    people = {name: fresh(name) for name in names}
    join("ana")
    for name in names[1:]:
        invitations.invite_new([people[name].user.pk], clock.now)
    Invitation.objects.filter(user__username="reminded").update(n_reminders=1)
    Invitation.objects.filter(user__username="expired").update(ends_at=clock.now)
    Invitation.objects.filter(user__username="accepted").update(accepted_at=clock.now)
    User.objects.filter(username="accepted").update(password="md5$x$y")

    found = {
        each: [row.username for row in people_search.find(dora.user, PeopleSearch(trouble=each), now=clock.now).rows]
        for each in InvitationState
    }

    assert found == {
        InvitationState.NOT_INVITED: ["not.invited"],
        InvitationState.INVITED: ["invited"],
        InvitationState.REMINDED: ["reminded"],
        InvitationState.EXPIRED: ["expired"],
        InvitationState.ACCEPTED: ["accepted"],
    }
    for each, person in zip(InvitationState, people.values(), strict=True):
        assert state(person, clock) is each


@pytest.mark.parametrize("invites", [True, False])
def test_an_import_invites_whom_it_adds(clock: Clock, db: None, invites: bool) -> None:
    root = join("root", is_staff=True, is_superuser=True)
    join("ana")
    text = "user name,name,mail,groups,state\nana,Ana K,ana@example.org,,\nnew,New,new@example.org,,\nold,Old,,,\n"
    context = Context(now=clock.now)
    dry = jobs.begin("people", text, root.user, context, name="f.csv", is_dry_run=True, invites=invites)
    jobs.work(clock.now)
    assert not Message.objects.exists()

    jobs.apply(dry, root.user, context)
    jobs.work(clock.now)

    assert list(Invitation.objects.values_list("user__username", flat=True)) == (["new"] if invites else [])
    assert Import.objects.filter(state="done").count() == 2
    assert Message.objects.filter(template__contains="invitation").count() == int(invites)


def test_an_import_that_corrects_an_address_ends_the_link_that_went_to_the_wrong_one(
    nina: Person, clock: Clock
) -> None:
    """Seen failing: anyone who got the first email could still set the password."""
    root, path = join("root", is_staff=True, is_superuser=True), invited(nina, clock)
    row = {"username": "nina", "name": "Nina", "email": "nina.b@example.org", "groups": "", "state": ""}

    assert people_rows.apply([(2, row)], root.user, Context(now=clock.now)).counts["changed"] == 1

    assert Browser().go(path).status == 410
    assert Message.objects.filter(template__contains="invitation").count() == 2
    assert link() != path
    assert Delivery.objects.filter(kind="mail").order_by("-pk")[0].to == "nina.b@example.org"


# Metrics ------------------------------------------------------------------------------------------------------------


def test_metrics_count_what_was_sent_and_who_has_not_followed_it(clock: Clock, db: None, settings: Any) -> None:
    settings.METRICS_TOKEN = "a token of the tests"
    people = {name: fresh(name) for name in ("new", "reminded", "over", "done")}
    for person in people.values():
        invitations.invite_new([person.user.pk], clock.now)
    Invitation.objects.filter(user__username="reminded").update(sent_at=clock.now - timedelta(days=8))
    assert invitations.remind(clock.now) == 1
    Invitation.objects.filter(user__username="over").update(ends_at=clock.now)
    Invitation.objects.filter(user__username="done").update(accepted_at=clock.now)

    shown = Client().get("/metrics", headers={"Authorization": "Bearer a token of the tests"}).content.decode()

    for line in (
        'mfa_invitations_open{state="invited"} 1.0',
        'mfa_invitations_open{state="reminded"} 1.0',
        'mfa_invitations_open{state="invitation_expired"} 1.0',
        'mfa_events_5m{result="invited"} 4.0',
        'mfa_events_5m{result="reminded of an invitation"} 1.0',
        'mfa_events_5m{result="invitation accepted"} 0.0',
        'mfa_events_5m{result="invited by support"} 0.0',
    ):
        assert line in shown

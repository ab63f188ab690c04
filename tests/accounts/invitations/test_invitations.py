"""Tests of invitations: who gets one, what its link does and when it ends, reminders, and where staff see its state."""

import re
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import directories, invitations
from accounts.invitations import State
from accounts.models import Directory, Import, Invitation, User
from accounts.portal import invitation_links
from accounts.support import people_search
from accounts.support.actions.base import Actor
from accounts.support.actions.blocks_and_bypasses import block
from accounts.support.imports import jobs, people_rows
from accounts.support.people_search import Search
from tests.admin_rows import DIRECTORY
from tests.http_browser import Browser, Page
from tests.people import Clock, Person, hire, join, work
from tests.support_desk import case, do
from verification.context import Context
from verification.delivery.providers.virtual.models import Delivery
from verification.models import AuditEvent, Message, Policy

NEW = "four words of mine"


@pytest.fixture
def dora(db: None, clock: Clock) -> Person:
    """A member of the support desk."""
    Policy.objects.update_or_create(group=None, defaults={"caller_check": False})
    staff = hire("dora", "Support desk")
    staff.sign_in(to="/admin/")
    return staff


@pytest.fixture
def nina(db: None, clock: Clock) -> Person:
    """Someone an import added."""
    return fresh("nina")


def fresh(name: str, **fields: Any) -> Person:
    person = join(name, **fields)
    person.user.set_unusable_password()
    person.user.save(update_fields=["password"])
    return person


@pytest.fixture
def of_directory(db: None, clock: Clock) -> Person:
    """Someone whose password a directory checks."""
    made = Directory(**DIRECTORY, servers=["ldap.example.org"])
    directories.seal_password(made, "secret")
    made.save()
    return fresh("otto", directory=made, directory_key="k1")


def link() -> str:
    """Return the path of the link in the newest email."""
    work()
    words = Delivery.objects.filter(kind="mail").order_by("-pk")[0].words
    (found,) = re.findall(r"http://testserver(/invitation/\S+)", words)
    return str(found)


def invited(person: Person, clock: Clock) -> str:
    invitations.invite_new([person.user.pk], clock.now)
    return link()


def state(person: Person, clock: Clock) -> State | None:
    found = User.objects.get(pk=person.user.pk)
    return invitations.state_of(found, Invitation.objects.filter(user=found).first(), clock.now)


def kinds(person: Person) -> list[str]:
    return list(AuditEvent.objects.filter(user_id=person.user.pk).order_by("pk").values_list("kind", flat=True))


# The link -----------------------------------------------------------------------------------------------------------


def test_the_link_sets_a_password_once_and_signs_nobody_in(nina: Person, clock: Clock) -> None:
    path, browser = invited(nina, clock), Browser()

    assert "nina" in browser.go(path)
    page = browser.press("Set the password", new_password=NEW)

    assert page.path == "/sign-in/"
    assert User.objects.get(pk=nina.user.pk).check_password(NEW)
    assert state(nina, clock) is State.ACCEPTED
    assert "invitation.accepted" in kinds(nina)
    assert Browser().go(path).status == 410
    browser.press("Sign in", username="nina", password=NEW)
    assert browser.shown.path == "/sign-in/register/"


def test_opening_the_link_changes_nothing(nina: Person, clock: Clock) -> None:
    """Mail filters open links before people do."""
    path = invited(nina, clock)

    for _turn in range(3):
        assert Browser().go(path).status == 200

    assert state(nina, clock) is State.INVITED


def test_refuses_a_weak_password(nina: Person, clock: Clock) -> None:
    browser = Browser()
    browser.go(invited(nina, clock))

    browser.press("Set the password", new_password="short")

    assert not User.objects.get(pk=nina.user.pk).has_usable_password()
    assert state(nina, clock) is State.INVITED


def test_people_of_a_directory_are_led_to_the_sign_in(of_directory: Person, clock: Clock) -> None:
    path, browser = invited(of_directory, clock), Browser()

    page = browser.go(path)

    assert "otto" in page
    assert "work computer" in page
    assert browser.follow("Sign in").path == "/sign-in/"


def test_no_password_is_set_for_people_of_a_directory(of_directory: Person, clock: Clock) -> None:
    path, browser = invited(of_directory, clock), Browser()
    browser.go(path)

    browser.submit(path, new_password=NEW)

    assert not User.objects.get(pk=of_directory.user.pk).has_usable_password()


@pytest.mark.parametrize("path", ["/invitation/x/y/", f"/invitation/{'a' * 32}/{'b' * 64}/"])
def test_a_link_that_nobody_got_says_no_more_than_an_old_one(nina: Person, clock: Clock, path: str) -> None:
    old = invited(nina, clock)
    clock.forward(days=15)

    guessed, expired = Browser().go(path), Browser().go(old)

    assert (guessed.status, expired.status) == (410, 410)
    assert "nina" not in expired


def test_a_newer_link_ends_the_former(nina: Person, clock: Clock) -> None:
    former = invited(nina, clock)
    newer = invited(nina, clock)

    assert Browser().go(former).status == 410
    assert Browser().go(newer).status == 200


@pytest.mark.parametrize(
    "changes",
    [{"is_active": False}, {"epoch": 9}, {"password": "md5$x$y"}],
    ids=["switched off", "epoch", "has a password"],
)
def test_the_link_ends_with_the_account_as_it_was(nina: Person, clock: Clock, changes: dict[str, Any]) -> None:
    path = invited(nina, clock)

    User.objects.filter(pk=nina.user.pk).update(**changes)

    assert Browser().go(path).status == 410


def test_the_link_ends_when_the_person_is_blocked(nina: Person, dora: Person, clock: Clock) -> None:
    path = invited(nina, clock)
    actor = Actor(staff=dora.user, context=Context(now=clock.now), reason="left", ticket="1")

    block(nina.user, actor, days=1)

    assert Browser().go(path).status == 410
    clock.forward(days=2)
    assert Browser().go(path).status == 410
    assert invitations.remind(clock.now + timedelta(days=9)) == 0


def test_a_link_that_was_open_in_two_windows_works_once(nina: Person, clock: Clock) -> None:
    path = invited(nina, clock)
    one, two = Browser(), Browser()
    one.go(path)
    two.go(path)

    one.press("Set the password", new_password=NEW)
    two.press("Set the password", new_password="another four words")

    assert two.shown.status == 410
    assert User.objects.get(pk=nina.user.pk).check_password(NEW)


@pytest.mark.django_db(transaction=True)
def test_of_two_at_the_same_moment_one_wins(transactional_db: None, clock: Clock) -> None:
    nina = fresh("nina")
    invitations.invite_new([nina.user.pk], clock.now)
    row = Invitation.objects.select_related("user__directory").get()
    results = []
    start = threading.Barrier(2)

    def accept(password: str) -> None:
        try:
            mine = Invitation.objects.select_related("user__directory").get(pk=row.pk)
            start.wait()
            results.append(invitation_links.accept(mine, password, Context(now=clock.now)))
        finally:
            connection.close()

    threads = [threading.Thread(target=accept, args=(words,)) for words in (NEW, "another four words")]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert sorted(results) == [False, True]


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
    assert state(nina, clock) is State.REMINDED
    assert Browser().go(path).status == 200


def test_reminds_nobody_who_followed_it_or_left(clock: Clock, db: None) -> None:
    ended: dict[str, dict[str, Any]] = {
        "signed.in": {"last_login": clock.now},
        "off": {"is_active": False},
        "no.mail": {"email": ""},
        "has.password": {"password": "md5$x$y"},
        "blocked": {"blocked_until": clock.now + timedelta(days=90)},
    }
    for name, changes in ended.items():
        person = fresh(name)
        invitations.invite_new([person.user.pk], clock.now)
        User.objects.filter(pk=person.user.pk).update(**changes)
    clock.forward(days=5)

    assert invitations.remind(clock.now) == 0


# Staff --------------------------------------------------------------------------------------------------------------


def test_staff_invite_from_the_page_of_a_person(dora: Person, nina: Person, clock: Clock) -> None:
    assert "haven’t been invited" in case(dora, nina)

    do(dora, nina, "invite")

    assert Browser().go(link()).status == 200
    assert kinds(nina) == ["support.invited"]
    assert "They were invited on" in case(dora, nina)


def test_nobody_is_invited_twice_within_minutes(dora: Person, nina: Person, clock: Clock) -> None:
    do(dora, nina, "invite")

    assert "few minutes ago" in do(dora, nina, "invite")

    assert Message.objects.filter(user=nina.user).count() == 1
    Invitation.objects.update(sent_at=clock.now - timedelta(minutes=11))
    do(dora, nina, "invite")
    assert Message.objects.filter(user=nina.user).count() == 2


def test_people_who_need_none_get_none(dora: Person, clock: Clock) -> None:
    ana, silent = join("ana"), fresh("silent")
    User.objects.filter(pk=silent.user.pk).update(email="")

    assert "need no invitation" in do(dora, ana, "invite")
    assert "no email address" in do(dora, silent, "invite")

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
        each: [row.username for row in people_search.find(dora.user, Search(trouble=each), now=clock.now).rows]
        for each in State
    }

    assert found == {
        State.NOT_INVITED: ["not.invited"],
        State.INVITED: ["invited"],
        State.REMINDED: ["reminded"],
        State.EXPIRED: ["expired"],
        State.ACCEPTED: ["accepted"],
    }
    for each, person in zip(State, people.values(), strict=True):
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

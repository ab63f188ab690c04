"""Tests of the link of an invitation: it sets the first password once, and ends with the account as it was."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.db import connection

from accounts import invitations, ldap_directories
from accounts.invitations import InvitationState
from accounts.models import Directory, Invitation, User
from accounts.signin import invitation_links
from accounts.support.actions.action_form_and_declaration import Actor
from accounts.support.actions.blocks_and_bypasses import block
from tests.accounts.invitations.invited_people import fresh, invited, kinds, state
from tests.every_page.admin_rows import DIRECTORY
from tests.simulated.http_browser import Browser
from tests.simulated.people import Clock, Person
from verification.context import Context

NEW = "four words of mine"


@pytest.fixture
def of_directory(db: None, clock: Clock) -> Person:
    """Someone whose password a directory checks."""
    made = Directory(**DIRECTORY, servers=["ldap.example.org"])
    ldap_directories.seal_password(made, "secret")
    made.save()
    return fresh("otto", directory=made, directory_key="k1")


# The link -----------------------------------------------------------------------------------------------------------


def test_the_link_sets_a_password_once_and_signs_nobody_in(nina: Person, clock: Clock) -> None:
    path, browser = invited(nina, clock), Browser()

    assert "nina" in browser.go(path)
    page = browser.press("Set the password", new_password=NEW)

    assert page.path == "/sign-in/"
    assert User.objects.get(pk=nina.user.pk).check_password(NEW)
    assert state(nina, clock) is InvitationState.ACCEPTED
    assert "invitation.accepted" in kinds(nina)
    assert Browser().go(path).status == 410
    assert 'value="nina"' in page.html  # the username need not be typed again
    browser.press("Sign in", password=NEW)
    assert browser.shown.path == "/sign-in/register/"


def test_opening_the_link_changes_nothing(nina: Person, clock: Clock) -> None:
    """Mail filters open links before people do."""
    path = invited(nina, clock)

    for _turn in range(3):
        assert Browser().go(path).status == 200

    assert state(nina, clock) is InvitationState.INVITED


def test_refuses_a_weak_password(nina: Person, clock: Clock) -> None:
    browser = Browser()
    browser.go(invited(nina, clock))

    browser.press("Set the password", new_password="short")

    assert not User.objects.get(pk=nina.user.pk).has_usable_password()
    assert state(nina, clock) is InvitationState.INVITED


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


def test_a_link_that_set_no_password_is_not_used_up(nina: Person, clock: Clock) -> None:
    """Seen failing: an operator set a password on the command line at the same moment, and the link was used up."""
    invitations.invite_new([nina.user.pk], clock.now)
    opened = Invitation.objects.select_related("user__directory").get()
    User.objects.filter(pk=nina.user.pk).update(password=make_password("words of the operator"))

    assert not invitation_links.accept(opened, NEW, Context(now=clock.now))
    assert Invitation.objects.get().accepted_at is None


def test_first_password_is_hashed_before_anything_is_locked(nina: Person, clock: Clock, hashed_in: list[int]) -> None:
    """Seen failing: every sign-in on SQLite waited for it."""
    invitations.invite_new([nina.user.pk], clock.now)

    invitation_links.accept(Invitation.objects.select_related("user__directory").get(), NEW, Context(now=clock.now))

    assert hashed_in == [0]

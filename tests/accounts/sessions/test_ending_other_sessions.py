"""Tests that the session that ends all others survives whatever a concurrent request of its own does."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.test import Client

from accounts.models import Session, User
from accounts.sessions import ending_sessions
from accounts.sessions.session_store import SessionStore, row_key
from tests.infrastructure.concurrency import together
from tests.simulated.http_browser import Browser, Page
from tests.simulated.people import PASSWORD, Clock, Person, join
from verification import limits

pytestmark = pytest.mark.django_db(transaction=True)

NEW = "seven green bicycles"


def _change_password(person: Person) -> Page:
    person.browser.go("/password/")
    return person.browser.press("Change password", password=PASSWORD, new_password=NEW)


def _secure(person: Person) -> Page:
    person.browser.go("/activity/not-me/")
    return person.browser.press("Secure my account")


def _sign_out_elsewhere(person: Person) -> Page:
    return person.browser.send("/browsers/sign-out-everywhere/")


def _remove(person: Person) -> Page:
    person.browser.go(f"/methods/{person.enrolment('recovery').ref}/remove/")
    return person.browser.press("Remove method")


ACTIONS = [_change_password, _secure, _sign_out_elsewhere, _remove]


@pytest.fixture
def ida(clock: Clock) -> Person:
    with transaction.atomic():
        ida = join("ida").set_up("totp").print_codes()
    ida.sign_in(to="/sign-in/?next=/activity/")
    return ida


def _copy_of(browser: Browser) -> Client:
    """Make a second client that sends the cookies which the browser has now."""
    client = Client(headers={"User-Agent": "a browser of the tests"}, REMOTE_ADDR="192.0.2.7")
    client.cookies.load({name: cookie.value for name, cookie in browser.client.cookies.items()})
    return client


def _before_the_first_save(patch: pytest.MonkeyPatch, step: Callable[[], object]) -> list[object]:
    """Run a step in a thread of its own when `carry_over` has changed the session and not yet saved it."""
    results: list[object] = []
    carry_over, save = ending_sessions.carry_over, SessionStore.save

    def carried(request: Any, user: User) -> None:
        def interrupted(self: SessionStore, must_create: bool = False) -> None:
            patch.setattr(SessionStore, "save", save)
            results.extend(together(step))
            self.save(must_create)

        patch.setattr(SessionStore, "save", interrupted)
        carry_over(request, user)

    patch.setattr(ending_sessions, "carry_over", carried)
    return results


@pytest.mark.parametrize("act", ACTIONS)
def test_another_request_does_not_delete_the_session_that_is_renamed(
    ida: Person, monkeypatch: pytest.MonkeyPatch, act: Callable[[Person], Page]
) -> None:
    """Seen: it saw the new password or epoch with the old session, and ended that before its new key was saved."""
    old_key, copy = ida.browser.session_key, _copy_of(ida.browser)
    results = _before_the_first_save(monkeypatch, lambda: Page(copy.get("/activity/", follow=True)))

    page = act(ida)

    assert [getattr(each, "path", each) for each in results] == ["/activity/"]  # nothing was committed yet
    assert page.status == 200
    assert ida.browser.go("/activity/").path == "/activity/"
    assert ida.browser.session_key != old_key
    assert Page(copy.get("/activity/", follow=True)).path == "/sign-in/"


@pytest.mark.parametrize("act", ACTIONS)
def test_request_that_read_the_session_before_ends_nothing_after(ida: Person, act: Callable[[Person], Page]) -> None:
    slow = SessionStore(ida.browser.session_key)
    assert slow["_auth_user_id"]

    act(ida)
    slow.flush()

    assert ida.browser.go("/activity/").path == "/activity/"


@pytest.mark.parametrize("act", ACTIONS)
def test_action_of_a_session_that_was_ended_meanwhile_is_undone(
    ida: Person, monkeypatch: pytest.MonkeyPatch, act: Callable[[Person], Page]
) -> None:
    """If a person was signed out during the action, it changes nothing."""
    carry_over = ending_sessions.carry_over

    def carried(request: Any, user: User) -> None:
        Session.objects.filter(
            session_key=row_key(request.session.session_key)
        ).delete()  # undone too, as both are one here
        carry_over(request, user)

    monkeypatch.setattr(ending_sessions, "carry_over", carried)
    before = User.objects.values().get()

    page = act(ida)

    assert page.status == 400
    assert User.objects.values().get() == before


def test_older_hash_does_not_end_the_session_that_changes_the_password(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    """Seen: the password was rehashed first, so another request found the session out of date."""
    with transaction.atomic():
        ida = join("ida").set_up("totp")
    newest = settings.PASSWORD_HASHERS
    settings.PASSWORD_HASHERS = older = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    User.objects.update(password=make_password(PASSWORD))
    ida.sign_in(to="/sign-in/?next=/activity/")
    settings.PASSWORD_HASHERS = [*newest, *older]
    copy, accepted, results = _copy_of(ida.browser), limits.password_accepted, list[Any]()

    def meanwhile(*args: Any) -> None:
        results.extend(together(lambda: Page(copy.get("/activity/", follow=True))))
        accepted(*args)

    monkeypatch.setattr(limits, "password_accepted", meanwhile)

    page = _change_password(ida)

    assert [getattr(each, "path", each) for each in results] == ["/activity/"]
    assert page.status == 200
    assert User.objects.get().check_password(NEW)

"""Tests that a session has one row: a new key moves it, its end deletes it, and an unknown key is never adopted."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.db import IntegrityError

from accounts.models import Session
from accounts.sessions import ending_sessions, running_sessions, session_store
from accounts.sessions.session_store import SessionStore, row_key
from tests.simulated.people import Clock
from verification import audit
from verification.context import Context

pytestmark = pytest.mark.django_db


def _kept(**values: Any) -> SessionStore:
    store = SessionStore()
    store.update(values)
    store.save()
    return SessionStore(store.session_key)


def test_is_made_without_a_look_before(django_assert_num_queries: Any) -> None:
    store = SessionStore()
    store["seen"] = 1

    with django_assert_num_queries(3):  # SAVEPOINT, INSERT, RELEASE
        store.save()

    assert SessionStore(store.session_key)["seen"] == 1


def test_row_holds_no_key_that_opens_a_session(ana: Any) -> None:
    """Anyone who read a backup could take over a session (seen)."""
    ana.sign_in()
    rows = " ".join(str(row) for row in Session.objects.values())
    key = ana.browser.session_key

    assert key
    assert key not in rows
    for row in Session.objects.all():
        assert not SessionStore(row.session_key).load()


def test_row_is_found_and_ended_by_the_key_of_the_cookie() -> None:
    key = _kept(seen=1).session_key or ""

    assert SessionStore().exists(key)
    assert not SessionStore().exists(row_key(key))
    SessionStore().delete(row_key(key))
    assert SessionStore().exists(key)
    SessionStore().delete(key)
    assert not SessionStore().exists(key)


def test_row_tells_what_it_holds() -> None:
    """Django's own commands and add-ons ask a row by `get_decoded`."""
    _kept(seen=1)

    assert Session.objects.get().get_decoded() == {"seen": 1}


def test_row_has_short_names_for_what_every_session_holds(ana: Any) -> None:
    """Each sign-in writes them twice, and a row stays as long as its session (seen: a third more)."""
    ana.sign_in()

    row = Session.objects.get(user=ana.user)

    assert not [name for name in row.get_decoded() if len(name) > 1 and name in row.session_data.split('"')]
    assert row.get_decoded()["otp_device_id"] == ana.user.enrolments.get(method="totp").persistent_id


def test_name_of_a_later_session_comes_later_in_the_index(clock: Clock) -> None:
    names = []
    for _ in range(4):
        names.append(session_store.name_in(_kept(seen=1).session_key or ""))
        clock.forward(seconds=1)

    assert names == sorted(names)
    assert {len(name) for name in names} == {32}


def test_changes_its_key_by_one_statement(django_assert_num_queries: Any) -> None:
    store = _kept(seen=1)
    old = store.session_key
    assert store["seen"] == 1

    with django_assert_num_queries(1):
        store.cycle_key()
        store.save()

    assert list(Session.objects.values_list("session_key", flat=True)) == [row_key(store.session_key or "")]
    assert old != store.session_key
    assert SessionStore(store.session_key)["seen"] == 1


def test_keeps_what_it_holds_when_its_key_changes_before_the_first_look() -> None:
    """Seen: without the read in `cycle_key`, the new key was looked up and the session's data was lost."""
    store = _kept(seen=1)

    store.cycle_key()
    store["more"] = 2
    store.save()

    assert dict(SessionStore(store.session_key).items()) == {"seen": 1, "more": 2}


def test_changes_its_key_twice_and_leaves_one_row() -> None:
    store = _kept(seen=1)

    store.cycle_key()
    store.cycle_key()
    store.save()

    assert list(Session.objects.values_list("session_key", flat=True)) == [row_key(store.session_key or "")]


def test_ends_under_its_former_key_too() -> None:
    """With Django's own `delete` the row of the former key stayed, valid for anyone with its cookie (seen)."""
    store = _kept(seen=1)

    store.cycle_key()
    store.flush()

    assert not Session.objects.exists()


def test_sign_out_ends_a_session_whose_key_another_request_changed(ana: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen: the row with the new key stayed, so the person stayed signed in."""
    ana.sign_in()
    record = audit.record

    def verified_elsewhere(*given: Any, **more: Any) -> Any:
        other = SessionStore(ana.browser.session_key)
        other.cycle_key()
        other.save()
        return record(*given, **more)

    monkeypatch.setattr(audit, "record", verified_elsewhere)

    ana.browser.send("/sign-out/")

    assert not Session.objects.exists()


def test_one_of_somebody_is_ended_although_its_key_changed(ana: Any, clock: Clock) -> None:
    ana.sign_in()
    store = SessionStore(ana.browser.session_key)
    found = running_sessions.own(ana.user, store.ref)
    assert found is not None

    store.cycle_key()
    store.save()
    ending_sessions.end_own(found, ana.user, Context(now=clock.now))

    assert not Session.objects.exists()


def test_keeps_its_name_when_its_key_changes() -> None:
    store = _kept(seen=1)
    before = store.ref

    store.cycle_key()
    store.save()

    assert before
    assert SessionStore(store.session_key).ref == before


def test_starts_again_after_its_end() -> None:
    store = _kept(seen=1)
    old = store.session_key

    store.flush()
    store["seen"] = 2
    store.save()

    assert store.session_key != old
    assert SessionStore(store.session_key)["seen"] == 2


def test_never_takes_over_a_key_that_it_did_not_give() -> None:
    store = SessionStore("a" * 32)

    store.cycle_key()
    store["seen"] = 1
    store.save()

    assert store.session_key != "a" * 32
    assert not Session.objects.filter(session_key=row_key("a" * 32)).exists()


@pytest.mark.parametrize("action", ["flush", "cycle_key"])
def test_does_not_come_back_once_it_was_ended_elsewhere(action: str) -> None:
    mine = _kept(seen=1)
    assert mine["seen"] == 1
    elsewhere = SessionStore(mine.session_key)
    getattr(elsewhere, action)()
    elsewhere.save()

    mine["seen"] = 2
    with pytest.raises(UpdateError):
        mine.save()


def test_knows_its_person_once_signed_in(ana: Any) -> None:
    assert _kept(seen=1).session_key
    ana.sign_in()

    assert [session.user for session in Session.objects.exclude(user=None)] == [ana.user]


def test_ends_after_an_hour_without_a_sign_in(ana: Any, clock: Clock) -> None:
    """Seen failing: a stranger's session, and one of a password without a second step, lasted for twelve hours."""
    ana.give_password()
    [half] = Session.objects.all()
    ana.verify(ana.read_text())
    [whole] = Session.objects.all()

    assert half.expire_date == clock.now + timedelta(hours=1)
    assert whole.expire_date == clock.now + timedelta(hours=12)


def test_clears_what_is_over() -> None:
    store = _kept(seen=1)
    store.set_expiry(-1)
    store.save()

    SessionStore.clear_expired()

    assert not Session.objects.exists()


def test_session_without_a_name_is_refused(clock: Clock) -> None:
    """All rows without one would share a key, and the second would overwrite the first. Seen failing."""
    with pytest.raises(IntegrityError):
        Session(session_key="k", session_data="", expire_date=clock.now).save()

"""Tests of what a finished sign-in writes to the session, and of what it does not keep from before."""

from typing import Any

import pytest
from django.db.models import F

from accounts.models import Session, User
from accounts.sessions.session_store import SessionStore, row_key
from accounts.signin import completing_sign_in
from tests.simulated.people import PASSWORD, Clock, Person
from verification.challenges import correct_answers
from verification.models import AuditEvent, Enrolment, Policy, SingleUseCode


def _session(person: Person) -> dict[str, Any]:
    return dict(SessionStore(person.browser.session_key).items())


def test_keeps_how_and_when_in_the_session(ana: Person, clock: Clock) -> None:
    ana.sign_in()

    assert _session(ana)["assurance"] == {
        "epoch": 1,
        "verified": {"password": clock.now.timestamp(), "totp": clock.now.timestamp()},
        "why": "required",
    }


def test_keeps_the_password_alone_as_such(ana: Person) -> None:
    Policy.objects.create(trusted_networks=["192.0.2.0/24"])

    ana.give_password()

    assert list(_session(ana)["assurance"]["verified"]) == ["password"]
    assert "otp_device_id" not in _session(ana)


@pytest.mark.parametrize("less", ["remembered", "trusted_network"])
def test_password_alone_never_renews_a_proof(ana: Person, clock: Clock, less: str) -> None:
    """Seen: the older device stayed in the session, and with the password's time counted as recent verification."""
    ana.sign_in(**({"remember": "on"} if less == "remembered" else {}))
    clock.forward(hours=1)
    if less == "trusted_network":
        Policy.objects.create(trusted_networks=["192.0.2.0/24"])

    ana.browser.send("/sign-in/", username="ana", password=PASSWORD)

    kept = _session(ana)
    assert (kept["assurance"]["why"], "otp_device_id" in kept) == (less, False)


def test_session_has_a_new_key_at_each_rise(ana: Person) -> None:
    keys = [ana.browser.session_key]
    ana.give_password()
    keys.append(ana.browser.session_key)
    ana.choose("Authenticator app")
    ana.verify(ana.read_app())
    keys.append(ana.browser.session_key)

    assert len(set(keys)) == 3
    assert [session.session_key for session in Session.objects.all()] == [row_key(keys[-1])]


def test_session_has_a_new_key_when_the_same_person_signs_in_again(ana: Person, clock: Clock) -> None:
    ana.sign_in()
    clock.forward(minutes=1)
    first = ana.browser.session_key
    ana.browser.send("/sign-in/", username="ana", password=PASSWORD)
    ana.choose("Authenticator app")
    half = ana.browser.session_key
    ana.verify(ana.read_app())

    assert len({first, half, ana.browser.session_key}) == 3
    assert Session.objects.count() == 1


def test_half_sign_in_of_another_does_not_lend_rights(ana: Person, cleo: Person) -> None:
    ana.sign_in()
    cleo.browser = ana.browser

    cleo.browser.send("/sign-in/", username="cleo", password=PASSWORD)

    assert "Hello, Ana" in cleo.browser.go("/")


def test_notes_the_sign_in_once(ana: Person, clock: Clock) -> None:
    ana.sign_in()

    assert User.objects.get(pk=ana.user.pk).last_login == clock.now
    event = AuditEvent.objects.get(kind="sign_in.completed")
    assert event.user_id == ana.user.pk
    assert (event.detail["why"], event.detail["method"]) == ("required", "totp")


def test_says_in_the_record_why_nothing_was_asked(ana: Person) -> None:
    Policy.objects.create(trusted_networks=["192.0.2.0/24"])

    ana.give_password()

    assert AuditEvent.objects.get(kind="sign_in.completed").detail["why"] == "trusted_network"


def test_code_that_another_request_uses_first_signs_nobody_in(
    ana: Person, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sign-in is prepared before the code turns out to be used. Seen failing without the undoing of it."""
    ana.give_password()
    ana.choose("Authenticator app")
    before = ana.browser.session_key
    note = completing_sign_in.note_sign_in

    def late(user: User, context: Any) -> None:
        note(user, context)
        Enrolment.objects.filter(user=user, method="totp").update(counter=2**40)  # undone with the sign-in

    monkeypatch.setattr(completing_sign_in, "note_sign_in", late)

    page = ana.browser.send("/sign-in/verify/", code=ana.read_app())

    assert page.status == 200
    assert "Sign out" not in page.response.content.decode()
    assert ana.browser.session_key == before
    assert set(_session(ana)) == {"pending"}
    assert not AuditEvent.objects.filter(kind="sign_in.completed").exists()
    assert not User.objects.exclude(last_login=None).exists()

    monkeypatch.setattr(completing_sign_in, "note_sign_in", note)
    clock.forward(seconds=30)
    ana.verify(ana.read_app())
    assert _session(ana)["assurance"]["why"] == "required"


@pytest.mark.parametrize(
    ("to", "ended"), [("/sign-in/", Session), ("/sign-in/", User), ("/sign-in/again/?next=/methods/", Session)]
)
def test_recovery_code_stays_unused_if_the_session_or_account_changed_meanwhile(
    ana: Person, monkeypatch: pytest.MonkeyPatch, to: str, ended: type[Session | User]
) -> None:
    """Seen failing: the code was used up, and nobody was signed in."""
    ana.print_codes()
    if "again" in to:
        ana.sign_in()
        ana.browser.go(to)
        ana.browser.press("Recovery code")
    else:
        ana.give_password()
        ana.choose("Recovery code")
    use_up = correct_answers._use_up

    def at_that_moment(*given: Any, **more: Any) -> Any:
        if ended is Session:
            Session.objects.all().delete()
        else:
            User.objects.update(epoch=F("epoch") + 1)
        return use_up(*given, **more)

    monkeypatch.setattr(correct_answers, "_use_up", at_that_moment)

    ana.browser.send(ana.page.address, code=ana.codes[0])

    assert not SingleUseCode.objects.exclude(used_at=None).exists()

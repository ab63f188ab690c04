"""Tests of “This wasn’t me”: whatever an attacker may control is suspended until the person verifies."""

from dataclasses import replace
from typing import Any

import pytest
from django.utils import timezone

from accounts import app_passwords
from accounts.models import Service, User
from accounts.portal import this_wasnt_me_effects
from tests.accounts.portal.conftest import kinds, mails, remembered_elsewhere
from tests.simulated.people import Person
from verification import policies
from verification.context import Context
from verification.models import AuditEvent, Policy
from verification.models import Browser as Remembered
from verification.policies import DecisionReason, SignInStep

NETWORK = "192.0.2.7"


def again(person: Person) -> User:
    return User.objects.get(pk=person.user.pk)


def now() -> Context:
    return Context(now=timezone.now(), network=NETWORK)


def begin_securing(person: Person) -> User:
    this_wasnt_me_effects.begin(person.user, now(), about="an event")
    return again(person)


def decide(user: User, *, is_remembered: bool = False) -> policies.Decision:
    return policies.decide(user, now(), is_remembered=is_remembered)


def test_says_since_when_records_and_tells(ana: Person) -> None:
    user = begin_securing(ana)

    assert user.securing_since == timezone.now()
    assert kinds(ana) == ["account.securing_begun"]
    assert AuditEvent.objects.get().detail == {"about": "an event"}
    assert mails(ana) == ["account_secured"]


def test_ends_sessions_and_forgets_browsers(ana: Person) -> None:
    ana.sign_in()
    remembered_elsewhere(ana)

    user = begin_securing(ana)

    assert user.epoch == 2
    assert not Remembered.objects.exists()
    assert ana.browser.go("/").path == "/sign-in/"


@pytest.mark.parametrize("by", ["network", "browser"])
def test_nothing_stands_in_for_the_second_step(ana: Person, by: str) -> None:
    Policy.objects.create(trusted_networks=["192.0.2.0/24"] if by == "network" else None)
    is_remembered = by == "browser"
    assert decide(ana.user, is_remembered=is_remembered).step is SignInStep.ALLOW

    user = begin_securing(ana)

    assert (decide(user, is_remembered=is_remembered).step, decide(user).reason) == (
        SignInStep.ASK,
        DecisionReason.REQUIRED,
    )


def test_end_brings_back_what_the_policy_allows(ana: Person) -> None:
    Policy.objects.create(trusted_networks=["192.0.2.0/24"])
    user = begin_securing(ana)

    this_wasnt_me_effects.end(user, now())

    assert again(ana).securing_since is None
    assert decide(again(ana)).step is SignInStep.ALLOW
    assert kinds(ana)[-1] == "account.securing_ended"


def test_end_of_what_was_not_begun_records_nothing(ana: Person) -> None:
    this_wasnt_me_effects.end(ana.user, now())

    assert kinds(ana) == []


def test_begun_twice_goes_on(ana: Person) -> None:
    begin_securing(ana)
    user = begin_securing(ana)

    assert user.epoch == 3
    this_wasnt_me_effects.end(user, now())
    assert again(ana).securing_since is None


def test_nobody_else_is_touched(ana: Person, cleo: Person) -> None:
    remembered_elsewhere(cleo)
    begin_securing(ana)

    assert Remembered.objects.filter(user=cleo.user).count() == 1
    assert (again(cleo).epoch, again(cleo).securing_since) == (1, None)


def test_app_passwords_rest_and_work_again_afterwards(ana: Person) -> None:
    secret = app_passwords.issue(ana.user, now(), name="old laptop", program="mail")
    service = Service.objects.create(slug="mail", name="Mail", program="mail", key_digest="x")
    ask = app_passwords.CheckRequest(
        service=service, username="ana", password=secret, network=NETWORK, protocol="imap", now=timezone.now()
    )
    assert app_passwords.check(ask).is_right

    user = begin_securing(ana)
    assert not app_passwords.check(replace(ask, now=timezone.now())).is_right
    this_wasnt_me_effects.end(user, now())

    assert app_passwords.check(ask).is_right


def test_failing_notice_leaves_everything_as_it_was(ana: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    remembered_elsewhere(ana)

    def broken(*_: Any, **__: Any) -> None:
        raise OSError("no outbox")

    monkeypatch.setattr("verification.delivery.outbox.notice", broken)
    with pytest.raises(OSError, match="outbox"):
        begin_securing(ana)

    assert (again(ana).epoch, again(ana).securing_since) == (1, None)
    assert Remembered.objects.exists()
    assert kinds(ana) == []

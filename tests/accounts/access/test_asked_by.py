"""Tests that the audit log says which strength a sign-in to an application needed, and who asked for it."""

from collections.abc import Callable

import pytest

from accounts import access
from accounts.access import AskedBy, RequestedVerification
from accounts.models import Application, Session, User
from tests.simulated.people import Clock, Person
from verification.models import Policy


@pytest.fixture
def wiki(db: None, ana: Person) -> Application:
    ana.sign_in()
    return Application.objects.create(slug="wiki", name="Wiki", kind=Application.Kind.OIDC)


def _need_less(wiki: Application) -> None:
    wiki.strength = "password"


def _narrow(wiki: Application) -> None:
    Policy.objects.create(strength="no-phone")


def _narrow_both(wiki: Application) -> None:
    wiki.strength = "no-phone"
    Policy.objects.create(strength="second-step")


MFA = ("second-step",)
CASES: dict[str, tuple[Callable[[Application], object], RequestedVerification | None, tuple[str, str]]] = {
    "application": (lambda _wiki: None, None, ("second-step", "application")),
    "password": (_need_less, None, ("password", "application")),
    "policy": (_narrow, None, ("no-phone", "policy")),
    "application above policy": (_narrow_both, None, ("no-phone", "application")),
    "client": (_need_less, RequestedVerification(strengths=MFA), ("second-step", "client")),
    "client that asks for no more": (
        lambda _wiki: None,
        RequestedVerification(strengths=MFA),
        ("second-step", "application"),
    ),
    "address": (_need_less, RequestedVerification(strengths=MFA, asked_by=AskedBy.ADDRESS), ("second-step", "address")),
}


@pytest.mark.parametrize("name", CASES)
def test_says_which_strength_was_asked_and_by_whom(wiki: Application, ana: Person, clock: Clock, name: str) -> None:
    change, wanted, expected = CASES[name]
    change(wiki)
    session = Session.objects.get(user=ana.user)
    user = User.objects.get(pk=ana.user.pk)  # as it is after the sign-in, which may store the password's hash again
    authentication = access.of_data(session.session_data, user, ref=session.ref, now=clock.now)

    answer = access.of_person(user, wiki, authentication, clock.now, wanted=wanted)

    assert answer.is_granted
    assert (answer.strength, answer.asked_by) == expected

"""Tests of “Try it as a person”: what would happen if they opened an application, by each way to sign in."""

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from accounts.access import AccessReason, AccessStep
from accounts.integrations.oidc import client_registration
from accounts.models import Application, ApplicationSession, OidcClient, SecondStep, Session, User
from accounts.support.applications.try_as_a_person import Trial, trial
from tests.simulated.people import Clock, Person, ana, join
from verification.models import AuditEvent, Enrolment, Policy

__all__ = ["ana"]


@pytest.fixture
def wiki(db: None) -> Application:
    return Application.objects.create(slug="wiki", name="Wiki", kind=Application.Kind.PROXY)


@pytest.fixture
def board(db: None, clock: Clock) -> OidcClient:
    application = Application.objects.create(slug="board", name="Board", kind=Application.Kind.OIDC)
    return client_registration.make(application, redirect_uris="https://board.example.org/", now=clock.now).client


def tried(application: Application, person: User, clock: Clock, client: OidcClient | None = None) -> Trial:
    return trial(application, User.objects.get(pk=person.pk), client, clock.now)


def reasons(found: Trial) -> set[AccessReason]:
    return {each.answer.reason for each in found.tries}


def test_each_method_and_the_remembered_browser_are_tried(wiki: Application, clock: Clock) -> None:
    person = join("ida", number="+41795550123").set_up("text", "totp").user

    found = tried(wiki, person, clock)

    n_offered = Enrolment.objects.filter(user=person, confirmed=True).values("method").distinct().count()
    assert len(found.tries) == n_offered + 1
    assert found.is_open
    assert reasons(found) == {AccessReason.MET, AccessReason.SKIPPED}


def test_no_browser_is_tried_where_none_is_remembered(wiki: Application, clock: Clock) -> None:
    Policy.objects.update_or_create(group=None, defaults={"remember_days": 0})
    person = join("ida").set_up("totp").user

    (only,) = tried(wiki, person, clock).tries

    assert (only.is_open, only.answer.step) == (True, AccessStep.CONTINUE)


@pytest.mark.parametrize("about", [{"is_staff": True}, {"securing_since": timezone.now()}], ids=["staff", "securing"])
def test_no_browser_is_tried_for_people_whom_none_remembers(
    about: dict[str, object], wiki: Application, clock: Clock
) -> None:
    """Seen failing: a remembered browser was said to open the application."""
    person = join("ida").set_up("totp").user
    User.objects.filter(pk=person.pk).update(**about)

    assert reasons(tried(wiki, person, clock)) == {AccessReason.MET}


def test_method_that_staff_cannot_use_is_not_tried(wiki: Application, clock: Clock) -> None:
    """Seen failing: it was said to open the application."""
    Policy.objects.update_or_create(group=None, defaults={"staff_strength": "phishing-resistant"})
    person = join("ida").set_up("totp").user
    assert tried(wiki, person, clock).is_open

    User.objects.filter(pk=person.pk).update(is_staff=True)

    assert not tried(wiki, person, clock).is_open


def test_password_alone_is_tried_where_no_second_step_is_required(wiki: Application, clock: Clock) -> None:
    """Seen failing: only the method was tried, for which their sign-in doesn't ask, and a remembered browser."""
    person = join("ida").set_up("totp").user
    User.objects.filter(pk=person.pk).update(second_step=SecondStep.DISABLED)

    password, method = tried(wiki, person, clock).tries

    assert (password.is_open, password.answer.step) == (False, AccessStep.ASK)
    assert method.is_open


@pytest.mark.parametrize(("country", "n_left_out"), [("DE", 1), ("CH", 0)])
def test_call_to_a_country_that_policy_excludes_is_not_tried(
    country: str, n_left_out: int, wiki: Application, clock: Clock
) -> None:
    """Seen failing: it was said to open the application."""
    Policy.objects.update_or_create(group=None, defaults={"remember_days": 0, "voice_countries": [country]})
    person = join("ida", number="+41795550123").set_up("call", "totp").user

    n_tries = len(tried(wiki, person, clock).tries)

    n_methods = Enrolment.objects.filter(user=person, confirmed=True).values("method").distinct().count()
    assert n_tries == n_methods - n_left_out


def test_someone_without_a_method_is_asked_to_set_one_up(wiki: Application, clock: Clock) -> None:
    Policy.objects.update_or_create(group=None, defaults={"remember_days": 0})

    (only,) = tried(wiki, join("eve").user, clock).tries

    assert (only.is_open, only.answer.step, only.answer.reason) == (False, AccessStep.ENROL, AccessReason.NO_METHOD)


def test_only_a_strong_method_opens_what_needs_one(wiki: Application, ana: Person, clock: Clock) -> None:
    wiki.strength = "phishing-resistant"

    found = tried(wiki, ana.user, clock)

    assert not found.is_open
    assert found.told == {}
    assert {each.answer.step for each in found.tries} == {AccessStep.ENROL}


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"is_active": False}, AccessReason.BLOCKED), ({"epoch": 7}, None)],
    ids=["blocked", "new epoch"],
)
def test_account_is_tried_as_it_is_now(
    wiki: Application, ana: Person, clock: Clock, change: dict[str, object], reason: AccessReason | None
) -> None:
    User.objects.filter(pk=ana.user.pk).update(**change)

    found = tried(wiki, ana.user, clock)

    assert found.is_open is (reason is None)
    assert reason is None or reasons(found) == {reason}


def test_application_of_a_group_opens_for_its_members(wiki: Application, ana: Person, clock: Clock) -> None:
    choir = Group.objects.create(name="Choir")
    wiki.groups.add(choir)
    assert reasons(tried(wiki, ana.user, clock)) == {AccessReason.NOT_ALLOWED}

    ana.user.groups.add(choir)

    assert tried(wiki, ana.user, clock).is_open


def test_proxy_is_told_by_headers(wiki: Application, ana: Person, clock: Clock) -> None:
    ana.user.groups.add(Group.objects.create(name="Choir"))

    told = tried(wiki, ana.user, clock).told

    assert {"ana", "Choir"} <= set(told.values())


def test_client_is_told_by_claims_of_the_first_way_that_opens(board: OidcClient, ana: Person, clock: Clock) -> None:
    found = tried(board.application, ana.user, clock, board)

    first = next(each for each in found.tries if each.is_open)
    assert found.told["aud"] == board.client_id
    assert found.told["acr"] == first.answer.acr
    assert found.told["amr"].split(", ") == list(first.answer.amr)
    assert found.told["auth_time"] == str(int(clock.now.timestamp()))


def test_trial_writes_nothing(board: OidcClient, ana: Person, clock: Clock) -> None:
    n_events = AuditEvent.objects.count()

    tried(board.application, ana.user, clock, board)

    assert AuditEvent.objects.count() == n_events
    assert not ApplicationSession.objects.exists()
    assert not Session.objects.exists()

"""Tests of what administrators change about applications: each change happens with its audit event, or not at all."""

from datetime import timedelta

import pytest

from accounts import access, applications
from accounts.admin_changes import ChangeRefused
from accounts.applications import secret_rotation
from accounts.integrations.oidc import client_registration
from accounts.integrations.oidc.oauthlib_validator import SECRET
from accounts.models import Application, ApplicationSession, LogoutDelivery, OidcClient, User
from accounts.support.applications import application_changes
from tests.simulated.people import Person, join
from verification import audit
from verification.context import Context
from verification.models import AuditEvent

WHY = "the vendor asked"


@pytest.fixture
def board(db: None, context: Context) -> OidcClient:
    application = Application.objects.create(slug="board", name="Board", kind=Application.Kind.OIDC)
    logout_uri = "https://board.example.org/oauth/logout"
    redirect_uri = "https://board.example.org/oauth/back"
    made = client_registration.make(application, redirect_uris=redirect_uri, logout_uri=logout_uri, now=context.now)
    return made.client


@pytest.fixture
def chief(root: Person) -> User:
    return root.user


def open_as(name: str, application: Application, context: Context) -> ApplicationSession:
    """Open an application as a new person, from one session."""
    answer = access.AccessDecision(step=access.AccessStep.CONTINUE, reason=access.AccessReason.MET)
    person = join(name).user
    applications.open(application, person, f"session of {name}", answer, context.now)
    return ApplicationSession.objects.get(user=person)


def event(kind: str, chief: User) -> AuditEvent:
    found = AuditEvent.objects.get(kind=kind)
    assert (found.actor_id, found.detail["application"], found.detail["reason"]) == (chief.pk, "board", WHY)
    return found


def is_secret(client: OidcClient, secret: str, context: Context, *, days: int = 0) -> bool:
    return secret_rotation.matches(
        OidcClient.objects.get(pk=client.pk), SECRET, secret, context.now + timedelta(days=days)
    )


def test_former_secret_works_for_the_chosen_days(board: OidcClient, chief: User, context: Context) -> None:
    former = application_changes.renew_secret(board, chief, context, WHY, overlap=timedelta(0))

    secret = application_changes.renew_secret(board, chief, context, WHY, overlap=timedelta(days=3))

    assert [is_secret(board, former, context, days=days) for days in (0, 2, 3)] == [True, True, False]
    assert is_secret(board, secret, context, days=3)
    renewed = AuditEvent.objects.filter(kind="application.secret_renewed").order_by("pk")
    assert [each.detail["days"] for each in renewed] == [0, 3]


def test_former_secret_can_end_at_once(board: OidcClient, chief: User, context: Context) -> None:
    former = application_changes.renew_secret(board, chief, context, WHY, overlap=timedelta(0))
    secret = application_changes.renew_secret(board, chief, context, WHY, overlap=timedelta(days=3))

    application_changes.end_former_secret(board, chief, context, WHY)

    assert [is_secret(board, each, context) for each in (former, secret)] == [False, True]
    event("application.former_secret_ended", chief)
    with pytest.raises(ChangeRefused):
        application_changes.end_former_secret(board, chief, context, WHY)
    assert AuditEvent.objects.filter(kind="application.former_secret_ended").count() == 1


def test_switching_off_ends_sessions_and_closes_the_application(
    board: OidcClient, chief: User, context: Context
) -> None:
    application = board.application
    opened = open_as("ida", application, context)

    assert application_changes.switch(application, chief, context, WHY, is_on=False) == 1

    opened.refresh_from_db()
    assert (opened.ended_at, opened.end_reason) == (context.now, "application-off")
    assert not Application.objects.get(pk=application.pk).is_active
    assert event("application.switched_off", chief).detail["n_sessions"] == 1


def test_switching_on_brings_no_session_back(board: OidcClient, chief: User, context: Context) -> None:
    application = board.application
    opened = open_as("ida", application, context)
    application_changes.switch(application, chief, context, WHY, is_on=False)

    assert application_changes.switch(application, chief, context, WHY, is_on=True) == 0

    opened.refresh_from_db()
    assert opened.ended_at is not None
    assert Application.objects.get(pk=application.pk).is_active
    event("application.switched_on", chief)


@pytest.mark.parametrize("is_on", [True, False])
def test_second_click_on_a_switch_is_refused(board: OidcClient, chief: User, context: Context, *, is_on: bool) -> None:
    Application.objects.filter(pk=board.application.pk).update(is_active=is_on)

    with pytest.raises(ChangeRefused):
        application_changes.switch(board.application, chief, context, WHY, is_on=is_on)

    assert not AuditEvent.objects.filter(kind__startswith="application.").exists()


def test_all_sessions_of_one_application_end(board: OidcClient, chief: User, context: Context) -> None:
    wiki = Application.objects.create(slug="wiki", name="Wiki", kind=Application.Kind.PROXY)
    mine, theirs = open_as("ida", board.application, context), open_as("tom", wiki, context)

    assert application_changes.end_all(board.application, chief, context, WHY) == 1

    mine.refresh_from_db()
    theirs.refresh_from_db()
    assert (mine.end_reason, theirs.ended_at) == ("application-ended", None)
    assert event("application.sessions_ended", chief).detail["n_sessions"] == 1


def test_only_sign_outs_that_failed_are_sent_again(board: OidcClient, chief: User, context: Context) -> None:
    for name, state in [("ida", "failed"), ("tom", "done"), ("uma", "waiting")]:
        opened = open_as(name, board.application, context)
        LogoutDelivery.objects.create(
            client=board, session=opened, user=opened.user, uri=board.logout_uri, due_at=context.now, state=state
        )

    assert application_changes.send_again(board, chief, context, WHY) == 1

    assert sorted(LogoutDelivery.objects.values_list("state", flat=True)) == ["done", "waiting", "waiting"]
    assert event("application.sign_outs_sent_again", chief).detail["n"] == 1


def test_only_what_is_switched_off_is_deleted(board: OidcClient, chief: User, context: Context) -> None:
    application = board.application
    with pytest.raises(ChangeRefused):
        application_changes.delete(application, chief, context, WHY)
    assert Application.objects.filter(pk=application.pk).exists()

    application_changes.switch(application, chief, context, WHY, is_on=False)
    application_changes.delete(application, chief, context, WHY)

    assert not Application.objects.filter(slug="board").exists()
    event("application.deleted", chief)


def test_what_cannot_be_audited_does_not_happen(
    board: OidcClient, chief: User, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = open_as("ida", board.application, context)

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(audit, "record", fail)
    with pytest.raises(RuntimeError):
        application_changes.switch(board.application, chief, context, WHY, is_on=False)

    opened.refresh_from_db()
    assert (opened.ended_at, Application.objects.get(slug="board").is_active) == (None, True)

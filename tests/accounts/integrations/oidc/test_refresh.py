"""Tests of refresh tokens: rotation, reuse, what they repeat, and when they end."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from accounts.integrations.oidc import authorization_codes
from accounts.models import ApplicationSession, OidcSignIn, Session, User
from tests.simulated.people import Clock, Person
from verification import enrolments
from verification.models import AuditEvent


@pytest.fixture
def tokens(party: Any, ana: Person) -> dict[str, Any]:
    ana.sign_in()
    return dict(party.sign_in(ana))


def test_repeats_what_was_verified_and_when(party: Any, ana: Person, tokens: Any, clock: Clock) -> None:
    """Core 1.0, 12.2. The toolkit alone loses acr and takes `last_login`: seen failing with its own claims."""
    first = party.read(tokens["id_token"])
    clock.forward(minutes=9)
    User.objects.filter(pk=ana.user.pk).update(last_login=clock.now)

    refreshed = party.refresh(tokens["refresh_token"]).json()

    claims = party.read(refreshed["id_token"])
    for name in ("iss", "sub", "aud", "acr", "amr", "auth_time", "sid"):
        assert claims[name] == first[name]
    assert "nonce" not in claims
    assert claims["iat"] > first["iat"]
    assert refreshed["refresh_token"] != tokens["refresh_token"]
    assert party.userinfo(tokens["access_token"]).status_code == 401
    assert party.userinfo(refreshed["access_token"]).status_code == 200


@pytest.mark.parametrize("field", ["must_change_password", "breached_password_at"])
def test_a_new_password_that_is_due_comes_first(party: Any, ana: Person, tokens: Any, clock: Clock, field: str) -> None:
    """Seen failing: only pages asked for it, so a program went on for someone who knew the old one."""
    User.objects.filter(pk=ana.user.pk).update(**{field: clock.now if field.endswith("_at") else True})
    assert party.refresh(tokens["refresh_token"]).json() == {"error": "invalid_grant"}

    User.objects.filter(pk=ana.user.pk).update(must_change_password=False, breached_password_at=None)
    assert party.refresh(tokens["refresh_token"]).status_code == 200


def test_reuse_ends_everything(party: Any, tokens: Any) -> None:
    refreshed = party.refresh(tokens["refresh_token"]).json()

    assert party.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"

    assert party.refresh(refreshed["refresh_token"]).json()["error"] == "invalid_grant"
    assert party.userinfo(refreshed["access_token"]).status_code == 401
    assert AuditEvent.objects.filter(kind="oidc.replayed").count() == 1


def test_a_use_between_the_check_and_the_answer_ends_everything(
    party: Any, tokens: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two threads of a program refresh together. Seen failing: the second one got 200, with empty tokens."""
    true, others = authorization_codes.may_refresh, list[Any]()

    def while_another_refreshes(sign_in: OidcSignIn, now: Any) -> bool:
        is_allowed = true(sign_in, now)
        if not others:
            others.append(None)
            others[0] = party.refresh(tokens["refresh_token"])
        return is_allowed

    monkeypatch.setattr(authorization_codes, "may_refresh", while_another_refreshes)

    second = party.refresh(tokens["refresh_token"])

    assert (second.status_code, second.json()) == (400, {"error": "invalid_grant"})
    (first,) = others
    assert first.status_code == 200
    assert party.refresh(first.json()["refresh_token"]).json()["error"] == "invalid_grant"
    assert party.userinfo(first.json()["access_token"]).status_code == 401
    assert AuditEvent.objects.filter(kind="oidc.replayed").count() == 1


def test_one_sign_in_says_nothing_about_another(party: Any, ana: Person, tokens: Any) -> None:
    other = party.sign_in(ana)
    party.refresh(tokens["refresh_token"])
    party.refresh(tokens["refresh_token"])

    assert party.refresh(other["refresh_token"]).status_code == 200


def test_refresh_token_works_only_for_its_client(party: Any, make_party: Any, tokens: Any) -> None:
    other = make_party("other")

    assert other.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert party.refresh(tokens["refresh_token"]).status_code == 200


def test_scope_can_only_get_less(party: Any, ana: Person) -> None:
    ana.sign_in()
    tokens = party.sign_in(ana, scope="openid email")

    assert party.refresh(tokens["refresh_token"], scope="openid email groups").json()["error"] == "invalid_scope"
    assert party.refresh(tokens["refresh_token"], scope="openid").json()["scope"] == "openid"


def _sign_out(ana: Person, party: Any) -> None:
    ana.browser.go("/sign-out/")
    ana.browser.press("Sign out")


def _end_session(ana: Person, party: Any) -> None:
    Session.objects.filter(user=ana.user).delete()


def _block(ana: Person, party: Any) -> None:
    User.objects.filter(pk=ana.user.pk).update(blocked_until=timezone.now() + timedelta(days=1))


def _lock(ana: Person, party: Any) -> None:
    User.objects.filter(pk=ana.user.pk).update(second_step_locked_at=timezone.now())


def _clear(ana: Person, party: Any) -> None:
    enrolments.raise_epoch(ana.user)


def _deactivate(ana: Person, party: Any) -> None:
    User.objects.filter(pk=ana.user.pk).update(is_active=False)


def _leave_the_group(ana: Person, party: Any) -> None:
    party.client.application.groups.add(Group.objects.create(name="Writers"))


def _switch_off(ana: Person, party: Any) -> None:
    type(party.client.application).objects.update(is_active=False)


@pytest.mark.parametrize(
    "event", [_sign_out, _end_session, _block, _lock, _clear, _deactivate, _leave_the_group, _switch_off]
)
def test_refresh_token_ends_with_the_session_account_or_client(
    party: Any, ana: Person, tokens: Any, event: Any
) -> None:
    event(ana, party)

    assert party.refresh(tokens["refresh_token"]).json()["error"] in {"invalid_grant", "invalid_client"}


@pytest.mark.parametrize("event", [_sign_out, _block, _lock, _clear, _deactivate, _switch_off])
def test_access_token_ends_with(party: Any, ana: Person, tokens: Any, event: Any) -> None:
    event(ana, party)

    assert party.userinfo(tokens["access_token"]).status_code == 401
    assert party.post("introspect", token=tokens["access_token"]).json().get("active", False) is False


@pytest.mark.parametrize("event", [_sign_out, _block, _lock, _clear, _deactivate, _switch_off])
def test_code_ends_with(party: Any, ana: Person, event: Any) -> None:
    ana.sign_in()
    code = party.ask(ana).code

    event(ana, party)

    assert party.redeem(code).json()["error"] in {"invalid_grant", "invalid_client"}


def test_a_code_is_worth_nothing_once_its_session_is_gone(party: Any, ana: Person) -> None:
    """A session that ends while the code is made doesn't see the sign-in. Seen failing: it would never have ended."""
    ana.sign_in()
    code = party.ask(ana).code
    Session.objects.filter(user=ana.user).delete()

    assert party.redeem(code).json()["error"] == "invalid_grant"


def test_ends_with_the_session_of_twelve_hours(party: Any, tokens: Any, clock: Clock) -> None:
    for _ in range(3):
        clock.forward(hours=3)
        tokens = party.refresh(tokens["refresh_token"]).json()
    clock.forward(hours=4)

    assert party.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_continues_with_a_session_that_does(party: Any, make_party: Any, ana: Person) -> None:
    """As when someone ends all their other sessions. Seen failing: the application lost them and wasn't told."""
    ana.sign_in()
    here, ref = party.sign_in(ana), Session.objects.get(user=ana.user).ref
    elsewhere = make_party("elsewhere")
    there = elsewhere.sign_in(ana)
    ApplicationSession.objects.filter(application=elsewhere.client.application).update(session_ref="another")

    enrolments.raise_epoch(ana.user, spared=ref)

    assert party.userinfo(here["access_token"]).status_code == 200
    assert party.refresh(here["refresh_token"]).status_code == 200
    assert elsewhere.refresh(there["refresh_token"]).json()["error"] == "invalid_grant"


def test_no_alarm_after_an_application_gave_its_token_back(party: Any, tokens: Any) -> None:
    """Another thread of it may still use the token. Seen failing: the person read that someone had copied it."""
    assert party.post("revoke", token=tokens["refresh_token"]).status_code == 200

    assert party.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert party.userinfo(tokens["access_token"]).status_code == 401
    assert not AuditEvent.objects.filter(kind="oidc.replayed").exists()


def test_a_token_given_back_by_another_application_stays(party: Any, make_party: Any, tokens: Any) -> None:
    assert make_party("other").post("revoke", token=tokens["refresh_token"]).status_code == 200

    assert party.refresh(tokens["refresh_token"]).status_code == 200

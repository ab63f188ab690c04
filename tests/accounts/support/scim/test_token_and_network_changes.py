"""Tests of changes to how a directory sends by SCIM: its tokens, its networks, and the end of an alarm."""

from datetime import timedelta

import pytest

from accounts.admin_changes import ChangeRefused
from accounts.applications import secret_rotation
from accounts.integrations.scim.token_authentication import PURPOSE
from accounts.models import Directory, ScimAccess
from accounts.models.directories import DirectoryKind
from accounts.support.actions import Actor
from accounts.support.scim import token_and_network_changes
from tests.simulated.people import Person, join
from verification.context import Context
from verification.models import AuditEvent


@pytest.fixture
def entra(db: None) -> Directory:
    return Directory.objects.create(name="Entra", kind=DirectoryKind.SCIM)


@pytest.fixture
def actor(root: Person, context: Context) -> Actor:
    return Actor(staff=root.user, context=context, reason="it leaked", ticket="1")


def opens(entra: Directory, token: str, context: Context, *, after: timedelta = timedelta(0)) -> bool:
    return secret_rotation.matches(token_and_network_changes.access_of(entra), PURPOSE, token, context.now + after)


def event(kind: str, actor: Actor) -> AuditEvent:
    found = AuditEvent.objects.get(kind=kind)
    assert (found.actor_id, found.detail["directory"], found.detail["reason"]) == (actor.staff.pk, "Entra", "it leaked")
    return found


def seen(entra: Directory) -> str:
    return token_and_network_changes.networks_as_seen(token_and_network_changes.access_of(entra))


def test_directory_has_no_token_at_first(entra: Directory, context: Context) -> None:
    assert not token_and_network_changes.access_of(entra).secret_digest
    assert not opens(entra, "", context)
    assert not ScimAccess.objects.exists()


def test_former_token_works_during_the_overlap(entra: Directory, actor: Actor, context: Context) -> None:
    former = token_and_network_changes.new_token(entra, actor)
    assert opens(entra, former, context)
    event("scim.token_made", actor)

    token = token_and_network_changes.new_token(entra, actor)

    assert [opens(entra, each, context) for each in (former, token)] == [True, True]
    assert [opens(entra, each, context, after=token_and_network_changes.OVERLAP) for each in (former, token)] == [
        False,
        True,
    ]


def test_former_token_can_end_earlier(entra: Directory, actor: Actor, context: Context) -> None:
    former, token = token_and_network_changes.new_token(entra, actor), token_and_network_changes.new_token(entra, actor)

    token_and_network_changes.end_former(entra, actor)

    assert [opens(entra, each, context) for each in (former, token)] == [False, True]
    event("scim.former_token_ended", actor)
    with pytest.raises(ChangeRefused):
        token_and_network_changes.end_former(entra, actor)
    assert AuditEvent.objects.filter(kind="scim.former_token_ended").count() == 1


def test_revoking_ends_every_token(entra: Directory, actor: Actor, context: Context) -> None:
    tokens = [token_and_network_changes.new_token(entra, actor), token_and_network_changes.new_token(entra, actor)]

    token_and_network_changes.revoke(entra, actor)

    assert not any(opens(entra, each, context) for each in tokens)
    event("scim.tokens_revoked", actor)
    with pytest.raises(ChangeRefused):
        token_and_network_changes.revoke(entra, actor)
    assert AuditEvent.objects.filter(kind="scim.tokens_revoked").count() == 1


def test_tokens_of_another_directory_stay(entra: Directory, actor: Actor, context: Context) -> None:
    okta = Directory.objects.create(name="Okta", kind=DirectoryKind.SCIM)
    theirs = token_and_network_changes.new_token(okta, actor)
    token_and_network_changes.new_token(entra, actor)

    token_and_network_changes.revoke(entra, actor)

    assert opens(okta, theirs, context)


def test_networks_are_kept_with_what_they_were(entra: Directory, actor: Actor) -> None:
    token = token_and_network_changes.new_token(entra, actor)
    nothing = seen(entra)
    token_and_network_changes.change_networks(entra, ["192.0.2.0/24"], actor, seen=nothing)

    with pytest.raises(ChangeRefused):
        token_and_network_changes.change_networks(entra, ["203.0.113.0/24"], actor, seen=nothing)
    token_and_network_changes.change_networks(entra, ["198.51.100.0/24", "2001:db8::/48"], actor, seen=seen(entra))

    assert token_and_network_changes.access_of(entra).networks == ["198.51.100.0/24", "2001:db8::/48"]
    assert opens(entra, token, actor.context)
    last = AuditEvent.objects.filter(kind="scim.networks_changed").latest("pk")
    assert last.detail["changes"] == {"networks": ["192.0.2.0/24", "198.51.100.0/24, 2001:db8::/48"]}


def test_alarm_about_departures_is_ended_once(entra: Directory, actor: Actor, context: Context) -> None:
    entra.many_left_since = context.now
    entra.save()
    join("ida", directory=entra, directory_key="i", is_active=False, directory_off_at=context.now)
    join("tom", directory=entra, directory_key="t")

    token_and_network_changes.confirm_departures(entra, actor)

    assert not Directory.objects.filter(many_left_since__isnull=False).exists()
    detail = event("directory.departures_confirmed", actor).detail
    assert (detail["n"], detail["of"]) == (1, 2)
    with pytest.raises(ChangeRefused):
        token_and_network_changes.confirm_departures(entra, actor)
    assert AuditEvent.objects.filter(kind="directory.departures_confirmed").count() == 1

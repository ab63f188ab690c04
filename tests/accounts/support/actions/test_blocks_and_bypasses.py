"""Tests of blocking people, of the sign-in without a second step, and of requiring a new password."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Directory, User
from accounts.models.directories import Kind
from accounts.signin import flow
from accounts.support.actions import Actor, Unneeded, blocks_and_bypasses
from tests.accounts.support.actions import at_once
from tests.simulated.people import Person, hire
from verification.context import Context

pytestmark = pytest.mark.django_db


@pytest.fixture
def actor() -> Actor:
    return Actor(staff=hire("sam", "Senior support").user, context=Context(now=timezone.now()), reason="a", ticket="1")


def test_a_shorter_block_does_not_end_a_permanent_one(ana: Person, actor: Actor) -> None:
    """Seen failing: 90 days took the place of “until someone unblocks them”."""
    blocks_and_bypasses.block(ana.user, actor, days=None)

    with pytest.raises(Unneeded):
        blocks_and_bypasses.block(ana.user, actor, days=90)

    assert User.objects.get(pk=ana.user.pk).blocked_until == blocks_and_bypasses.FOREVER


def test_a_longer_block_counts(ana: Person, actor: Actor) -> None:
    blocks_and_bypasses.block(ana.user, actor, days=90)

    blocks_and_bypasses.block(ana.user, actor, days=None)

    assert User.objects.get(pk=ana.user.pk).blocked_until == blocks_and_bypasses.FOREVER


def test_nobody_must_change_a_password_that_a_directory_checks(ana: Person, actor: Actor) -> None:
    """Seen failing with an action for many people."""
    ldap = Directory.objects.create(name="LDAP", kind=Kind.OPENLDAP)
    User.objects.filter(pk=ana.user.pk).update(directory=ldap)

    with pytest.raises(Unneeded):
        blocks_and_bypasses.require_password(User.objects.get(pk=ana.user.pk), actor)

    assert not User.objects.get(pk=ana.user.pk).must_change_password


def test_sign_in_without_the_second_step_is_spent_once(senior: Person) -> None:
    """Seen failing with the guarded update replaced by a read and a write."""
    for n in range(at_once.ROUNDS):
        ben = at_once.equipped(f"ben{n}", "totp")
        blocks_and_bypasses.bypass_once(ben.user, at_once.actor(senior.user), life=timedelta(seconds=300))
        found: list[str] = []

        def sign_in(pk: int = ben.user.pk, into: list[str] = found) -> None:
            begun = flow.begin(User.objects.get(pk=pk), Context(now=timezone.now()), next_url="")
            into.append(str(begun.decision.reason))

        wrong = at_once.at_once(*(sign_in for _ in range(6)))

        assert wrong == []
        assert found.count("bypassed") == 1

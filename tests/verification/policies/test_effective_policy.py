"""Tests of the policy in force: at most a second old, for the groups that a person has now."""

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

from tests.verification.conftest import EngineUser
from verification import policies
from verification.models import Policy


def test_policy_counts_once_it_is_read_again(engine_user: EngineUser, settings: Any) -> None:
    settings.VERIFICATION_CACHE_SECONDS = 3600
    policies.forget()
    assert engine_user.rules.remember_days == 14

    Policy.objects.create(remember_days=7)

    assert engine_user.rules.remember_days == 14
    settings.VERIFICATION_CACHE_SECONDS = 1e-9  # as if its time had passed
    assert engine_user.rules.remember_days == 7


def test_group_counts_at_once(engine_user: EngineUser, settings: Any) -> None:
    """What policies say may be a second old, but never who is in which group."""
    Policy.objects.create(group=Group.objects.create(name="Finance"), remember_days=3)
    policies.forget()
    settings.VERIFICATION_CACHE_SECONDS = 3600
    assert engine_user.rules.remember_days == 14

    engine_user.user.groups.add(Group.objects.get(name="Finance"))

    assert engine_user.rules.remember_days == 3
    policies.forget()


def test_rules_of_many_are_those_of_each(engine_user: EngineUser) -> None:
    north, south = Group.objects.create(name="North"), Group.objects.create(name="South")
    for at, (group, days) in enumerate(((None, 90), (north, 3), (south, 30))):
        Policy.objects.create(group=group, rank=at, remember_days=days)
    people = [get_user_model().objects.create(username=f"p{n}") for n in range(4)]
    for person, groups in zip(people, ([], [north], [south], [south, north]), strict=True):
        person.groups.set(groups)

    found = policies.rules_of_many([person.pk for person in people])

    assert found == {person.pk: policies.rules_for(person.pk) for person in people}
    assert [found[person.pk].remember_days for person in people] == [90, 3, 30, 3]

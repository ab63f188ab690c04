"""Tests of changes to two groups at the same time: together they take nobody out of a desk."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import Group
from django.db import connections, transaction

from accounts.admin_changes import ChangeRefused
from accounts.models import Scope, User
from accounts.support import groups
from accounts.support.actions import Actor
from accounts.support.groups import plan
from tests.accounts.support.groups.wanted_groups import wanted
from tests.infrastructure.concurrency import until_waiting
from tests.simulated.people import Clock, hire, join
from verification.context import Context


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_last_two_groups_of_a_desk_are_not_left_at_once(clock: Clock) -> None:
    """Seen failing without the lock: each change saw the person in the other group."""
    with transaction.atomic():
        chief, ida = hire("chief", "Administrators").user, join("ida").user
        towns = [Group.objects.create(name=name) for name in ("Basel", "Bern")]
        Scope.objects.create(desk=chief.groups.get()).people.set(towns)
        ida.groups.set(towns)
    actor = Actor(staff=chief, context=Context(now=clock.now), reason="they moved", ticket="1")
    changes = [(town, wanted(name=town.name, leaving=("ida",))) for town in towns]
    seen = [plan(chief, *each).seen for each in changes]

    def leave_bern() -> bool:
        try:
            with transaction.atomic():
                groups.change(*changes[1], actor, seen=seen[1])
        except ChangeRefused:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            groups.change(*changes[0], actor, seen=seen[0])
            other = pool.submit(leave_bern)
            until_waiting(other)
        has_left = other.result()

    assert not has_left
    assert User.objects.get(pk=ida.pk).groups.get().name == "Bern"

"""Tests of who can give which role, and of what a role changes for its person's account."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission

from accounts.models import Scope, SecondStep, Session, User
from accounts.support.actions import (
    Actor,
    Unneeded,
    blocks_and_bypasses,
    role_assignment,
    temporary_access_passes,
)
from tests.simulated.people import Person, hire
from verification import enrolments
from verification.context import Context
from verification.models import AuditEvent


@pytest.fixture
def actor(fay: Person, context: Context) -> Actor:
    return Actor(staff=fay.user, context=context, reason="new job", ticket="1")


def reload_user(person: Person) -> User:
    return User.objects.get(pk=person.user.pk)


@pytest.mark.parametrize(
    ("former", "wanted", "is_staff"),
    [
        ([], ["Support desk"], True),
        (["Support desk"], ["Senior support"], True),
        (["Support desk"], ["Support desk", "Auditors"], True),
        (["Support desk"], [], False),
    ],
)
def test_gives_exactly_these_roles(
    ana: Person, actor: Actor, former: list[str], wanted: list[str], *, is_staff: bool
) -> None:
    if former:
        role_assignment.give_roles(ana.user, actor, roles=former)
    epoch = reload_user(ana).epoch

    role_assignment.give_roles(reload_user(ana), actor, roles=wanted)

    found = reload_user(ana)
    assert sorted(found.groups.values_list("name", flat=True)) == sorted(wanted)
    assert (found.is_staff, found.epoch) == (is_staff, epoch + 1)


def test_leaves_groups_that_are_no_role(ana: Person, actor: Actor) -> None:
    ana.user.groups.add(Group.objects.create(name="Lab"))

    role_assignment.give_roles(ana.user, actor, roles=["Support desk"])
    role_assignment.give_roles(reload_user(ana), actor, roles=[])

    assert list(reload_user(ana).groups.values_list("name", flat=True)) == ["Lab"]


@pytest.mark.parametrize("roles", [["Support desk"], ["Nobody’s"], ["Support desk", "Nobody’s"]])
def test_needs_a_role_that_is_there_and_new(ana: Person, actor: Actor, roles: list[str]) -> None:
    role_assignment.give_roles(ana.user, actor, roles=["Support desk"])

    with pytest.raises(Unneeded):
        role_assignment.give_roles(reload_user(ana), actor, roles=roles)


def test_nobody_gives_or_ends_what_may_more_than_they_do(ana: Person, ben: Person, actor: Actor, root: Person) -> None:
    more = Group.objects.create(name="More")
    more.permissions.add(Permission.objects.get(codename="delete_article"))
    role_assignment.give_roles(ben.user, replace(actor, staff=root.user), roles=["More"])

    for person, roles in ((ana, ["More"]), (ben, [])):
        with pytest.raises(Unneeded):
            role_assignment.give_roles(reload_user(person), actor, roles=roles)

    assert (reload_user(ana).is_staff, reload_user(ben).is_staff) == (False, True)


def test_staff_of_one_desk_make_nobody_staff_of_all(ana: Person, actor: Actor, fay: Person) -> None:
    desk, lab = Group.objects.create(name="Desk"), Group.objects.create(name="Lab")
    Scope.objects.create(desk=desk).people.add(lab)
    fay.user.groups.add(desk)

    with pytest.raises(Unneeded):
        role_assignment.give_roles(ana.user, actor, roles=["Support desk"])

    ana.user.groups.add(desk)
    role_assignment.give_roles(reload_user(ana), actor, roles=["Support desk"])
    assert reload_user(ana).is_staff


def test_new_staff_are_always_asked_and_keep_nothing_handed_out(ana: Person, actor: Actor, context: Context) -> None:
    new = enrolments.new_pass(ana.user, {})
    temporary_access_passes.issue_pass(ana.user, actor, new=new, life=timedelta(hours=1))
    blocks_and_bypasses.bypass_once(ana.user, actor, life=timedelta(minutes=5))
    User.objects.filter(pk=ana.user.pk).update(second_step=SecondStep.DISABLED)
    Session.objects.create(ref="a", session_key="a", user=ana.user, expire_date=context.now + timedelta(hours=1))

    role_assignment.give_roles(reload_user(ana), actor, roles=["Support desk"])

    found = reload_user(ana)
    assert (found.second_step, found.bypass_until) == (SecondStep.ENABLED, None)
    assert not Session.objects.filter(user=found).exists()
    assert "pass" not in {row.method for row in enrolments.of_many(User.objects.filter(pk=found.pk))}


def test_superuser_without_a_role_stays_staff(root: Person, actor: Actor) -> None:
    other = replace(actor, staff=hire("omar", "Administrators").user)
    User.objects.filter(pk=other.staff.pk).update(is_superuser=True)
    other = replace(other, staff=User.objects.get(pk=other.staff.pk))
    role_assignment.give_roles(root.user, other, roles=["Auditors"])

    role_assignment.give_roles(reload_user(root), other, roles=[])

    assert reload_user(root).is_staff


def test_record_names_former_and_new_roles(ana: Person, actor: Actor) -> None:
    role_assignment.give_roles(ana.user, actor, roles=["Auditors"])
    role_assignment.give_roles(reload_user(ana), actor, roles=["Support desk"])

    event = AuditEvent.objects.filter(kind="support.roles_given").latest("pk")
    assert (event.detail["former"], event.detail["roles"]) == (["Auditors"], ["Support desk"])

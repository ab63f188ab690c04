"""Tests of permits: what rank, effect, policy and caller verification allow."""

import dataclasses
from typing import Any

import pytest
from django.contrib.auth.models import Group

from accounts.models import CallerCheck, Scope, User
from accounts.support import caller_verification
from accounts.support.actions import ActionRefusal, who_may_act_on_whom
from accounts.support.actions.action_form_and_declaration import Action, Effect
from accounts.support.actions.ranks import Rank
from accounts.support.actions.registry import ACTIONS
from accounts.support.actions.who_may_act_on_whom import Permit, StaffAccess
from tests.simulated.people import Person
from verification import policies
from verification.context import Context
from verification.models import Policy

RULES = policies.Rules(caller_check=True, second_person=())


def action(effect: Effect = Effect.ENDS, *, needs_caller: bool = False) -> Action:
    return dataclasses.replace(ACTIONS["forget_browsers"], effect=effect, requires_caller_check=needs_caller)


def access(**more: Any) -> StaffAccess:
    staff = User(pk=1, username="root", is_superuser=True)
    usual: dict[str, Any] = {"rank": Rank.PERSON, "is_visible": True, "rules": RULES, "staff_quota": 7}
    return StaffAccess(staff=staff, person=User(pk=2, username="ana"), **(usual | more))


@pytest.mark.parametrize(
    ("rank", "effect", "expected"),
    [
        (Rank.PERSON, Effect.OPENS, "alone"),
        (Rank.PERSON, Effect.ENDS, "alone"),
        (Rank.PERSON, Effect.ERASES, "alone"),
        (Rank.BELOW, Effect.OPENS, "second"),
        (Rank.BELOW, Effect.ENDS, "alone"),
        (Rank.BELOW, Effect.TRIES, "alone"),
        (Rank.BELOW, Effect.ERASES, "second"),
        (Rank.EQUAL, Effect.OPENS, "second"),
        (Rank.EQUAL, Effect.ENDS, "second"),
        (Rank.EQUAL, Effect.TRIES, "alone"),
        (Rank.EQUAL, Effect.ERASES, ActionRefusal.EQUAL),
        (Rank.ABOVE, Effect.TRIES, ActionRefusal.MORE_RIGHTS),
        (Rank.SELF, Effect.TRIES, ActionRefusal.ONESELF),
    ],
)
def test_rank_and_effect_decide(rank: Rank, effect: Effect, expected: str) -> None:
    found = access(rank=rank).permit(action(effect))

    assert (("second" if found.needs_second else "alone") if isinstance(found, Permit) else found) == expected


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"rank": Rank.SELF, "is_visible": False}, ActionRefusal.ONESELF),
        ({"rank": Rank.ABOVE, "is_visible": False}, ActionRefusal.OTHER_SCOPE),
        ({"rank": Rank.ABOVE}, ActionRefusal.MORE_RIGHTS),
        ({"is_visible": False}, ActionRefusal.OTHER_SCOPE),
        ({}, ActionRefusal.NO_CALLER),
    ],
)
def test_first_reason_is_the_one_that_is_given(more: dict[str, Any], expected: ActionRefusal) -> None:
    assert access(**more).permit(action(needs_caller=True)) is expected


@pytest.mark.parametrize(
    ("policy_asks", "action_asks", "is_verified", "is_permitted"),
    [
        (True, True, True, True),
        (True, True, False, False),
        (True, False, False, True),
        (False, True, False, True),
    ],
)
def test_caller_is_verified_where_policy_and_action_ask(
    policy_asks: bool, action_asks: bool, is_verified: bool, is_permitted: bool
) -> None:
    rules = dataclasses.replace(RULES, caller_check=policy_asks)
    found = access(rules=rules, caller="Call back" if is_verified else "").permit(action(needs_caller=action_asks))

    assert isinstance(found, Permit) is is_permitted


def test_policy_names_actions_for_two() -> None:
    found = access(rules=dataclasses.replace(RULES, second_person=("forget_browsers",))).permit(action())

    assert isinstance(found, Permit)
    assert found.needs_second


def test_permit_says_who_vouched_where_it_was_a_colleague() -> None:
    by_me = CallerCheck(staff=User(pk=1), label="Text")
    by_them = CallerCheck(staff=User(pk=3), label="Call back")

    mine, theirs = (access(proof=proof).permit(action()) for proof in (by_me, by_them))

    assert isinstance(mine, Permit)
    assert isinstance(theirs, Permit)
    assert (mine.caller, mine.vouched_by) == ("Text", None)
    assert (theirs.caller, theirs.vouched_by) == ("Call back", by_them.staff)


@pytest.mark.parametrize("change", [{"epoch": 2}, {"is_staff": True}, {"is_superuser": True}])
def test_permit_holds_for_the_person_as_they_were(change: dict[str, Any]) -> None:
    found = access().permit(action())

    assert isinstance(found, Permit)
    assert found.still_holds(User(pk=2, username="ana", second_step_locked_at=None))
    assert not found.still_holds(User(**{"pk": 2, "username": "ana"} | change))


def test_role_without_the_permission_is_refused(ana: Person, dora: Person, context: Context) -> None:
    assert who_may_act_on_whom.authorise(dora.user, ana.user, ACTIONS["erase"], context) is ActionRefusal.NOT_ALLOWED


def test_quota_is_that_of_the_staff(ana: Person, sam: Person, context: Context) -> None:
    desk, lab = Group.objects.create(name="Desk"), Group.objects.create(name="Lab")
    sam.user.groups.add(desk)
    ana.user.groups.add(lab)
    Policy.objects.create(group=desk, rank=1, staff_quota=3)
    Policy.objects.create(group=lab, rank=2, staff_quota=5, caller_check=False)
    policies.forget()

    found = who_may_act_on_whom.access(sam.user, ana.user, context)

    assert (found.staff_quota, found.rules.caller_check) == (3, False)


def test_many_are_read_like_one(ana: Person, ben: Person, sam: Person, root: Person, context: Context) -> None:
    caller_verification.vouch(sam.user, ana.user, "the number on file", context)
    people = [ana.user, ben.user, root.user]

    found = who_may_act_on_whom.access_to_many(sam.user, people, context)

    for name in ("unlock", "forget_browsers", "erase"):
        one_by_one = [who_may_act_on_whom.authorise(sam.user, person, ACTIONS[name], context) for person in people]
        assert [found[person.pk].permit(ACTIONS[name]) for person in people] == one_by_one


def test_agreed_action_keeps_the_caller_and_asks_rights_again(ana: Person, sam: Person, context: Context) -> None:
    unlock = ACTIONS["unlock"]

    assert who_may_act_on_whom.authorise_agreed(sam.user, ana.user, unlock, caller="") is ActionRefusal.NO_CALLER
    assert isinstance(who_may_act_on_whom.authorise_agreed(sam.user, ana.user, unlock, caller="Call back"), Permit)

    desk, lab = Group.objects.create(name="Desk"), Group.objects.create(name="Lab")
    Scope.objects.create(desk=desk).people.add(lab)
    sam.user.groups.add(desk)
    assert (
        who_may_act_on_whom.authorise_agreed(sam.user, ana.user, unlock, caller="Call back")
        is ActionRefusal.OTHER_SCOPE
    )

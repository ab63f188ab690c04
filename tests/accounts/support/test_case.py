"""What the case page says: what the person would see, what keeps them out, what may be done, and what helps first."""

from datetime import datetime, timedelta

import pytest

from accounts.models import User
from accounts.support import caller_verification, case
from accounts.support.actions import Actor, access
from accounts.support.actions.access import FOREVER
from accounts.support.actions.registry import ACTIONS
from tests.people import Person
from verification import policies
from verification.context import Context
from verification.models import Enrolment
from verification.policies import Decision, Step, Why


def decision(step: Step, reason: Why) -> Decision:
    return Decision(step=step, reason=reason, rules=policies.Rules())


@pytest.mark.parametrize("reason", list(Why))
def test_every_reason_is_said_in_words(reason: Why) -> None:
    for step in Step:
        assert case.expected(decision(step, reason)).endswith(".")


def test_reasons_that_refuse_differ_from_those_that_let_in() -> None:
    refused = {case.expected(decision(Step.DENY, why)) for why in (Why.BLOCKED, Why.LOCKED, Why.ALL_OFF)}
    let_in = {case.expected(decision(Step.ALLOW, why)) for why in (Why.NOT_REQUIRED, Why.BYPASSED)}

    assert len(refused | let_in) == 5


def of(person: Person, staff: Person, here: Context) -> case.Case:
    return case.of(User.objects.get(pk=person.user.pk), staff.user, here)


@pytest.mark.parametrize(
    ("until", "is_blocked"),
    [(None, False), (timedelta(0), False), (timedelta(minutes=1), True), (timedelta(days=90), True), ("ever", True)],
)
def test_says_that_a_person_is_blocked(
    ana: Person, dora: Person, here: Context, until: timedelta | str | None, *, is_blocked: bool
) -> None:
    ends: datetime | None = FOREVER if until == "ever" else here.now + until if isinstance(until, timedelta) else None
    User.objects.filter(pk=ana.user.pk).update(blocked_until=ends, blocked_reason="stolen laptop")

    assert ("stolen laptop" in of(ana, dora, here).block) is is_blocked


def test_offers_the_actions_of_the_role_and_no_others(ana: Person, dora: Person, here: Context) -> None:
    found = {button.action.name for button in of(ana, dora, here).buttons}

    assert found == {name for name, each in ACTIONS.items() if dora.user.has_perm(f"accounts.{each.permission}")}
    assert "unlock" in found
    assert "erase" not in found


def test_says_what_is_closed_until_the_caller_is_verified(ana: Person, dora: Person, here: Context) -> None:
    closed = {button.action.name for button in of(ana, dora, here).buttons if button.closed}
    assert closed == {
        button.action.name for button in of(ana, dora, here).buttons if button.action.requires_caller_check
    }

    check = caller_verification.vouch(dora.user, ana.user, "the number on file", here)
    found = of(ana, dora, here)

    assert not any(button.closed for button in found.buttons)
    assert (found.proof, found.proof_ends_at) == (check, here.now + caller_verification.LIFE)


@pytest.mark.parametrize(
    ("trouble", "helps"),
    [
        ({"blocked_until": FOREVER}, "unblock"),
        ({"second_step_locked_at": datetime.fromisoformat("2026-03-01T00:00Z")}, "unlock"),
        ({}, None),
    ],
)
def test_suggests_what_helps_first(
    ana: Person, root: Person, here: Context, trouble: dict[str, object], helps: str | None
) -> None:
    User.objects.filter(pk=ana.user.pk).update(**trouble)

    found = of(ana, root, here).suggestion

    assert (found.button.action.name if found and found.button else None) == helps


def test_suggests_a_pass_to_one_who_lost_every_method(ana: Person, root: Person, here: Context) -> None:
    User.objects.filter(pk=ana.user.pk).update(last_login=here.now)
    Enrolment.objects.filter(user=ana.user).delete()

    found = of(ana, root, here).suggestion

    assert found
    assert found.button
    assert found.button.action.name == "issue_pass"


def test_history_names_who_did_what_and_why(ana: Person, sam: Person, here: Context) -> None:
    access.unlock(ana.user, Actor(staff=sam.user, context=here, reason="asked by phone", ticket="INC-1"))

    (line,) = of(ana, sam, here).history

    assert (line.staff, line.reason, line.ticket) == ("sam", "asked by phone", "INC-1")

"""Tests of approvals: who can approve, until when, and that an approved request is carried out once."""

from dataclasses import replace
from datetime import timedelta

import pytest

from accounts.models import SupportRequest, User
from accounts.support.actions import Actor, second_person_approvals
from tests.simulated.people import Clock, Person, hire
from verification.context import Context
from verification.models import AuditEvent


@pytest.fixture
def actor(sam: Person, context: Context) -> Actor:
    return Actor(staff=sam.user, context=context, reason="asked", ticket="1", caller="Call back")


@pytest.fixture
def waiting(ana: Person, actor: Actor) -> SupportRequest:
    found = second_person_approvals.ask("unlock", actor, ana.user, {})
    assert found
    return found


@pytest.fixture
def other(db: None, clock: Clock) -> User:
    """Return a colleague with the same role."""
    return hire("sue", "Senior support").user


def later(context: Context, **span: float) -> Context:
    return replace(context, now=context.now + timedelta(**span))


def agreed(request: SupportRequest, other: User, context: Context) -> SupportRequest:
    assert second_person_approvals.decide(request, other, context, agrees=True)
    return SupportRequest.objects.get(pk=request.pk)


def test_same_request_waits_once(ana: Person, waiting: SupportRequest, actor: Actor) -> None:
    assert second_person_approvals.ask("unlock", actor, ana.user, {}) is None
    assert second_person_approvals.ask("unlock", actor, ana.user, {"days": 1}) is not None
    assert second_person_approvals.ask("block", actor, ana.user, {}) is not None


def test_request_that_ran_out_can_be_made_again(ana: Person, waiting: SupportRequest, actor: Actor) -> None:
    assert (
        second_person_approvals.ask("unlock", replace(actor, context=later(actor.context, hours=25)), ana.user, {})
        is not None
    )


def test_colleague_of_the_same_rights_agrees(waiting: SupportRequest, other: User, context: Context) -> None:
    found = agreed(waiting, other, context)

    assert (found.state, found.decided_by) == (SupportRequest.State.APPROVED, other)
    assert AuditEvent.objects.filter(kind="support.request_agreed", actor_id=other.pk).count() == 1


@pytest.mark.parametrize("who", ["sam", "dora", "ana"])
def test_neither_the_one_who_asked_nor_one_without_the_right_decides(
    waiting: SupportRequest, context: Context, dora: Person, who: str
) -> None:
    assert not second_person_approvals.decide(waiting, User.objects.get(username=who), context, agrees=True)
    assert not second_person_approvals.decide(waiting, User.objects.get(username=who), context, agrees=False)


def test_colleague_who_vouched_for_the_caller_does_not_agree(
    ana: Person, actor: Actor, other: User, root: Person
) -> None:
    found = second_person_approvals.ask("unlock", actor, ana.user, {}, vouched_by=other)

    assert found
    assert not second_person_approvals.may_decide(found, other)
    assert second_person_approvals.may_decide(found, root.user)


def test_person_who_is_staff_does_not_agree_to_what_is_done_for_them(actor: Actor, other: User, root: Person) -> None:
    found = second_person_approvals.ask("unlock", actor, other, {})

    assert found
    assert not second_person_approvals.may_decide(found, other)
    assert second_person_approvals.may_decide(found, root.user)


@pytest.mark.parametrize("hours", [24, 25, 300])
def test_nobody_decides_after_a_day(waiting: SupportRequest, other: User, context: Context, hours: int) -> None:
    assert not second_person_approvals.decide(waiting, other, later(context, hours=hours), agrees=True)


def test_first_word_counts(waiting: SupportRequest, other: User, root: Person, context: Context) -> None:
    assert second_person_approvals.decide(waiting, other, context, agrees=False)
    assert not second_person_approvals.decide(waiting, root.user, context, agrees=True)
    assert SupportRequest.objects.get().state == SupportRequest.State.REFUSED


def test_is_taken_up_once_by_the_one_who_asked(
    waiting: SupportRequest, other: User, sam: Person, context: Context
) -> None:
    found = agreed(waiting, other, context)

    assert not second_person_approvals.take(found, other, context)
    assert not second_person_approvals.take(found, sam.user, later(context, hours=25))
    assert second_person_approvals.take(found, sam.user, context)
    assert not second_person_approvals.take(found, sam.user, context)


def test_waits_for_a_word(waiting: SupportRequest, sam: Person, context: Context) -> None:
    assert not second_person_approvals.take(waiting, sam.user, context)


def test_is_not_taken_up_for_a_person_who_changed(
    waiting: SupportRequest, ana: Person, other: User, sam: Person, context: Context
) -> None:
    found = agreed(waiting, other, context)
    User.objects.filter(pk=ana.user.pk).update(epoch=ana.user.epoch + 1)

    assert not second_person_approvals.take(found, sam.user, context)


@pytest.mark.parametrize("change", [{"is_active": False}, {"groups": []}])
def test_word_of_a_colleague_who_lost_the_right_is_gone(
    waiting: SupportRequest, other: User, context: Context, change: dict[str, object]
) -> None:
    found = agreed(waiting, other, context)
    assert second_person_approvals.is_agreed_still(found, now=context.now)

    if "groups" in change:
        other.groups.clear()
    else:
        User.objects.filter(pk=other.pk).update(**change)

    assert not second_person_approvals.is_agreed_still(SupportRequest.objects.get(pk=found.pk), now=context.now)


@pytest.mark.parametrize("is_agreed", [False, True])
def test_the_one_who_asked_withdraws_it_once(
    waiting: SupportRequest, other: User, sam: Person, context: Context, is_agreed: bool
) -> None:
    if is_agreed:
        agreed(waiting, other, context)

    done = [second_person_approvals.withdraw(waiting, who, context) for who in (other, sam.user, sam.user)]

    assert done == [False, True, False]
    assert not second_person_approvals.decide(waiting, other, context, agrees=True)
    assert not second_person_approvals.take(waiting, sam.user, context)
    assert list(second_person_approvals.listed(sam.user, now=context.now)) == []
    event = AuditEvent.objects.get(kind="support.request_withdrawn")
    assert (event.actor_id, event.detail["request"]) == (sam.user.pk, waiting.ref)


def test_what_is_done_or_refused_is_not_withdrawn(
    waiting: SupportRequest, other: User, sam: Person, context: Context
) -> None:
    second_person_approvals.take(agreed(waiting, other, context), sam.user, context)
    refused = SupportRequest.objects.create(
        action="unlock",
        person=waiting.person,
        asked_by=sam.user,
        asked_at=context.now,
        ends_at=context.now + second_person_approvals.LIFE,
        epoch=1,
        state=SupportRequest.State.REFUSED,
    )

    assert not second_person_approvals.withdraw(waiting, sam.user, context)
    assert not second_person_approvals.withdraw(refused, sam.user, context)


def test_list_shows_what_is_open(waiting: SupportRequest, other: User, sam: Person, context: Context) -> None:
    assert list(second_person_approvals.listed(other, now=context.now)) == [waiting]
    assert list(second_person_approvals.listed(other, now=context.now + timedelta(hours=24))) == []

    second_person_approvals.take(agreed(waiting, other, context), sam.user, context)

    assert list(second_person_approvals.listed(other, now=context.now)) == []

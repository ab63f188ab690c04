"""Tests that the preview of an action counts what it would end, for one person or many, with one line for each kind."""

from datetime import timedelta

import pytest

from accounts.models import Session, User
from accounts.support import case
from accounts.support.actions import Actor, Unneeded, action_preview
from accounts.support.actions.action_preview import ActionImpact
from accounts.support.actions.registry import ACTIONS
from tests.simulated.people import Person
from verification import browsers, enrolments, limits
from verification.context import Context
from verification.models import Enrolment


@pytest.mark.parametrize(
    ("impact", "n_lines"),
    [
        (ActionImpact(), 0),
        (ActionImpact(n_sessions=1), 1),
        (ActionImpact(n_browsers=1), 1),
        (ActionImpact(n_sessions=2, n_browsers=5), 2),
    ],
)
def test_names_what_closes_and_nothing_else(impact: ActionImpact, n_lines: int) -> None:
    assert len(action_preview.ended_access(impact)) == n_lines


@pytest.mark.parametrize("n", [1, 2, 7])
def test_says_how_many(n: int) -> None:
    (line,) = action_preview.deleted_app_passwords(n)

    assert str(n) in line.split()


def test_names_each_method_that_goes() -> None:
    impact = ActionImpact(labels=("Text to ··23", "Authenticator app"))

    for lines in (
        ACTIONS["clear_settings"].preview(impact),
        ACTIONS["phone_lost"].preview(impact),
        ACTIONS["erase"].preview(impact),
    ):
        assert sum(label in line for line in lines for label in impact.labels) == 2


def test_phone_lost_takes_the_app_passwords_and_clearing_does_not() -> None:
    impact = ActionImpact(n_app_passwords=3)

    assert set(action_preview.deleted_app_passwords(3)) <= set(ACTIONS["phone_lost"].preview(impact))
    assert not set(action_preview.deleted_app_passwords(3)) & set(ACTIONS["clear_settings"].preview(impact))


def test_reads_what_a_person_has(ana: Person, context: Context) -> None:
    ana.sign_in()
    browsers.remember(ana.user, context, days=7)
    Session.objects.create(ref="b", session_key="b", user=ana.user, expire_date=context.now - timedelta(hours=1))

    found = action_preview.of_person(ana.user, now=context.now)

    assert len(found.labels) == Enrolment.objects.filter(user=ana.user, confirmed=True).count() > 0
    assert (found.n_browsers, found.n_sessions, found.n_app_passwords, found.has_pass) == (1, 1, 0, False)


@pytest.mark.parametrize("has_ended", [False, True])
def test_counts_what_the_case_page_lists(has_ended: bool, ana: Person, root: Person, context: Context) -> None:
    """Seen failing with every row counted: a row stays until its browser comes back, even if its session ended."""
    ana.sign_in()
    browsers.remember(ana.user, context, days=7)
    if has_ended:
        enrolments.raise_epoch(ana.user, why="locked")
    everybody = User.objects.filter(pk=ana.user.pk)

    listed = {each.key: each.n for each in case.of(ana.user, root.user, context).active_access}

    for found in (
        action_preview.of_person(ana.user, now=context.now),
        action_preview.of_many(everybody, now=context.now),
    ):
        assert (found.n_browsers, found.n_sessions) == (listed["browsers"], listed["sessions"])
    assert listed["sessions"] == (0 if has_ended else 1)


@pytest.mark.parametrize("name", ["forget_browsers", "end_sessions"])
def test_there_is_nothing_to_end_of_what_ended(name: str, ana: Person, root: Person, context: Context) -> None:
    ana.sign_in()
    browsers.remember(ana.user, context, days=7)
    enrolments.raise_epoch(ana.user, why="locked")

    with pytest.raises(Unneeded):
        ACTIONS[name].run(ana.user, Actor(staff=root.user, context=context, reason="asked", ticket="1"))


def test_many_are_counted_together_by_the_same_rule(ana: Person, ben: Person, context: Context) -> None:
    for person in (ana, ben):
        browsers.remember(person.user, context, days=7)
    people = User.objects.filter(pk__in=[ana.user.pk, ben.user.pk])

    one_by_one = [action_preview.of_person(person, now=context.now) for person in people]
    found = action_preview.of_many(people, now=context.now)

    assert found.n_browsers == sum(each.n_browsers for each in one_by_one) == 2
    assert found.n_sessions == sum(each.n_sessions for each in one_by_one)


def test_says_what_locks_a_person_out(ana: Person, context: Context) -> None:
    ana.user.second_step_locked_at = context.now

    assert len(action_preview.locks(ana.user, (), now=context.now)) == 1


def test_says_that_incorrect_passwords_make_somebody_wait(ana: Person, root: Person, context: Context) -> None:
    """Seen failing with methods alone: the sign-in page sent people to a desk that saw nothing and offered nothing."""
    for _attempt in range(11):
        limits.password_gate(ana.user.username, context)

    found = case.of(ana.user, root.user, context)

    assert len(found.locks) == 1
    assert "unlock" in {button.action.name for button in found.offers.buttons}
    ACTIONS["unlock"].run(ana.user, Actor(staff=root.user, context=context, reason="asked", ticket="1"))
    assert case.of(ana.user, root.user, context).locks == ()


def test_wait_after_incorrect_passwords_can_be_ended_beside_a_stop(
    ana: Person, root: Person, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen failing: the wait was named, the action offered, and then refused because of the stop."""
    for _attempt in range(11):
        limits.password_gate(ana.user.username, context)
    stopped = limits.WrongCodes(n=100, last_at=context.now, stopped_at=context.now)
    monkeypatch.setattr(limits, "wrong_codes", lambda *_a, **_k: stopped)

    ACTIONS["unlock"].run(ana.user, Actor(staff=root.user, context=context, reason="asked", ticket="1"))

    assert limits.passwords_wait_until(ana.user.username, now=context.now) is None


@pytest.mark.parametrize("is_stopped", [True, False])
def test_unlock_promises_working_methods_only_if_they_will_work(is_stopped: bool) -> None:
    lines = ACTIONS["unlock"].preview(ActionImpact(locks=("A lock.",), is_stopped=is_stopped))

    assert ("work again" in lines[-1]) is not is_stopped


def test_wrong_codes_are_shown_from_the_third(ana: Person, context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    for n, n_lines in ((0, 0), (2, 0), (3, 1), (40, 1)):
        monkeypatch.setattr(
            limits, "wrong_codes", lambda *_a, n=n, **_k: limits.WrongCodes(n=n, last_at=context.now, stopped_at=None)
        )

        assert len(action_preview.wrong_codes(limits.wrong_codes(ana.user.pk, now=context.now))) == n_lines

"""Tests that the preview of an action counts what it would end, for one person or many, with one line for each kind."""

from datetime import timedelta

import pytest

from accounts.models import Session, User
from accounts.support.actions import action_preview
from accounts.support.actions.action_preview import Impact
from accounts.support.actions.registry import ACTIONS
from tests.people import Person
from verification import browsers, limits
from verification.context import Context
from verification.models import Enrolment


@pytest.mark.parametrize(
    ("impact", "n_lines"),
    [
        (Impact(), 0),
        (Impact(n_sessions=1), 1),
        (Impact(n_browsers=1), 1),
        (Impact(n_sessions=2, n_browsers=5), 2),
    ],
)
def test_names_what_closes_and_nothing_else(impact: Impact, n_lines: int) -> None:
    assert len(action_preview.closing(impact)) == n_lines


@pytest.mark.parametrize("n", [1, 2, 7])
def test_says_how_many(n: int) -> None:
    (line,) = action_preview.deleted_app_passwords(n)

    assert str(n) in line.split()


def test_names_each_method_that_goes() -> None:
    impact = Impact(labels=("Text to ··23", "Authenticator app"))

    for lines in (
        ACTIONS["clear_settings"].preview(impact),
        ACTIONS["phone_lost"].preview(impact),
        ACTIONS["erase"].preview(impact),
    ):
        assert sum(label in line for line in lines for label in impact.labels) == 2


def test_phone_lost_takes_the_app_passwords_and_clearing_does_not() -> None:
    impact = Impact(n_app_passwords=3)

    assert set(action_preview.deleted_app_passwords(3)) <= set(ACTIONS["phone_lost"].preview(impact))
    assert not set(action_preview.deleted_app_passwords(3)) & set(ACTIONS["clear_settings"].preview(impact))


def test_reads_what_a_person_has(ana: Person, here: Context) -> None:
    browsers.remember(ana.user, here, days=7)
    Session.objects.create(ref="a", session_key="a", user=ana.user, expire_date=here.now + timedelta(hours=1))
    Session.objects.create(ref="b", session_key="b", user=ana.user, expire_date=here.now - timedelta(hours=1))

    found = action_preview.of_person(ana.user, now=here.now)

    assert len(found.labels) == Enrolment.objects.filter(user=ana.user, confirmed=True).count() > 0
    assert (found.n_browsers, found.n_sessions, found.n_app_passwords, found.has_pass) == (1, 1, 0, False)


def test_many_are_counted_together_by_the_same_rule(ana: Person, ben: Person, here: Context) -> None:
    for person in (ana, ben):
        browsers.remember(person.user, here, days=7)
    people = User.objects.filter(pk__in=[ana.user.pk, ben.user.pk])

    one_by_one = [action_preview.of_person(person, now=here.now) for person in people]
    found = action_preview.of_many(people, now=here.now)

    assert found.n_browsers == sum(each.n_browsers for each in one_by_one) == 2
    assert found.n_sessions == sum(each.n_sessions for each in one_by_one)


def test_says_what_locks_a_person_out(ana: Person, here: Context) -> None:
    ana.user.second_step_locked_at = here.now

    assert len(action_preview.locks(ana.user, ())) == 1


def test_wrong_codes_are_worth_a_line_from_the_third(
    ana: Person, here: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n, n_lines in ((0, 0), (2, 0), (3, 1), (40, 1)):
        monkeypatch.setattr(
            limits, "wrong_codes", lambda *_a, n=n, **_k: limits.WrongCodes(n=n, last_at=here.now, stopped_at=None)
        )

        assert len(action_preview.wrong_codes(limits.wrong_codes(ana.user.pk, now=here.now))) == n_lines

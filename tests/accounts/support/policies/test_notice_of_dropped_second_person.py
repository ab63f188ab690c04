"""Tests of which policy changes count as dropping the second person that an action needed."""

import pytest
from django.contrib.auth.models import Group

from accounts.support.policies.notice_of_dropped_second_person import dropped
from verification.models import Policy

pytestmark = pytest.mark.django_db


def policy(group: str = "", *, rank: int = 100, second_person: list[str] | None = None) -> Policy:
    found = Group.objects.get_or_create(name=group)[0] if group else None
    return Policy(group=found, rank=rank, second_person=second_person)


def test_what_the_built_in_default_demands_can_be_dropped() -> None:
    assert dropped([], [policy(second_person=["unlock"])]) == ["erase"]


def test_demanding_more_drops_nothing() -> None:
    assert dropped([], [policy(second_person=["erase", "unlock"])]) == []


def test_deleted_policy_drops_what_it_alone_demanded() -> None:
    assert dropped([policy("Board", second_person=["erase", "unlock"])], []) == ["unlock"]


def test_stronger_policy_of_another_group_drops_what_a_weaker_one_demands() -> None:
    board = policy("Board", rank=200, second_person=["erase", "unlock"])

    assert dropped([board], [board, policy("Lab", rank=1, second_person=["erase"])]) == ["unlock"]


def test_change_of_rank_drops_it_too() -> None:
    board = policy("Board", rank=1, second_person=["erase", "unlock"])
    lab = policy("Lab", rank=100, second_person=["erase"])

    assert dropped([board, lab], [policy("Board", rank=200, second_person=["erase", "unlock"]), lab]) == ["unlock"]

"""The rules in force for a person are merged field by field."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError

from tests.verification.conftest import EngineUser
from verification import method_registry
from verification.models import Policy


def group(engine_user: EngineUser, name: str, *, rank: int = 100, **fields: Any) -> None:
    made = Group.objects.create(name=name)
    engine_user.user.groups.add(made)
    Policy.objects.create(group=made, rank=rank, **fields)


def test_product_decides_where_nobody_else_does(engine_user: EngineUser) -> None:
    rules = engine_user.rules

    assert rules.methods == tuple(
        name for name, method in method_registry.methods().items() if method.is_allowed_by_default
    )
    assert (rules.remember_days, rules.code_life, rules.number_matching, rules.trusted_networks) == (
        14,
        timedelta(minutes=5),
        True,
        (),
    )


def test_rules_for_everybody_come_before_the_product(engine_user: EngineUser) -> None:
    Policy.objects.create(remember_days=7, methods=["totp"])

    assert (engine_user.rules.remember_days, engine_user.rules.methods) == (7, ("totp",))


def test_group_comes_before_everybody(engine_user: EngineUser) -> None:
    Policy.objects.create(remember_days=7)
    group(engine_user, "Finance", remember_days=0)

    assert engine_user.rules.remember_days == 0


def test_lowest_rank_comes_first(engine_user: EngineUser) -> None:
    group(engine_user, "Finance", rank=20, remember_days=3)
    group(engine_user, "Board", rank=10, remember_days=1)
    group(engine_user, "All of Zurich", rank=30, remember_days=9)

    assert engine_user.rules.remember_days == 1


def test_each_field_is_decided_by_the_first_that_fills_it(engine_user: EngineUser) -> None:
    Policy.objects.create(remember_days=7, code_life=timedelta(minutes=3), number_matching=False)
    group(engine_user, "Finance", rank=20, remember_days=3, trusted_networks=["192.0.2.0/24"])
    group(engine_user, "Board", rank=10, code_life=timedelta(minutes=10))

    rules = engine_user.rules

    assert (rules.remember_days, rules.code_life, rules.number_matching) == (3, timedelta(minutes=10), False)
    assert rules.trusted_networks == ("192.0.2.0/24",)


@pytest.mark.parametrize("field", ["methods", "trusted_networks"])
def test_empty_list_is_a_decision(engine_user: EngineUser, field: str) -> None:
    some: dict[str, Any] = {field: ["192.0.2.0/24"] if field == "trusted_networks" else ["totp"]}
    none: dict[str, Any] = {field: []}
    Policy.objects.create(**some)
    group(engine_user, "Finance", **none)

    assert getattr(engine_user.rules, field) == ()


def test_group_of_others_does_not_matter(engine_user: EngineUser) -> None:
    Policy.objects.create(group=Group.objects.create(name="Others"), remember_days=0)

    assert engine_user.rules.remember_days == 14


def test_method_that_is_not_installed_is_left_out(engine_user: EngineUser) -> None:
    Policy.objects.create(methods=["carrier pigeon", "totp"])

    assert engine_user.rules.methods == ("totp",)


def test_there_is_one_policy_for_everybody(db: None) -> None:
    Policy.objects.create()

    with pytest.raises(IntegrityError):
        Policy.objects.create()

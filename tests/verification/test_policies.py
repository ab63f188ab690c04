"""The rules in force for a person are merged field by field; the decision follows a table."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import IntegrityError

from tests.verification.conftest import Desk
from verification import policies, registry
from verification.models import Failure, Policy
from verification.policies import Step, Why


def group(desk: Desk, name: str, *, rank: int = 100, **fields: Any) -> None:
    made = Group.objects.create(name=name)
    desk.user.groups.add(made)
    Policy.objects.create(group=made, rank=rank, **fields)


def decide(desk: Desk, *, network: str = "192.0.2.7", is_remembered: bool = False, **person: Any) -> tuple[str, str]:
    for name, value in person.items():
        setattr(desk.user, name, value)
    decision = policies.decide(desk.user, replace(desk.context, network=network), is_remembered=is_remembered)
    return decision.step, decision.reason


# The rules -----------------------------------------------------------------------------------------------------


def test_product_decides_where_nobody_else_does(desk: Desk) -> None:
    rules = desk.rules

    assert rules.methods == tuple(name for name, method in registry.methods().items() if method.is_allowed_by_default)
    assert (rules.remember_days, rules.code_life, rules.number_matching, rules.trusted_networks) == (
        14,
        timedelta(minutes=5),
        True,
        (),
    )


def test_rules_for_everybody_come_before_the_product(desk: Desk) -> None:
    Policy.objects.create(remember_days=7, methods=["totp"])

    assert (desk.rules.remember_days, desk.rules.methods) == (7, ("totp",))


def test_group_comes_before_everybody(desk: Desk) -> None:
    Policy.objects.create(remember_days=7)
    group(desk, "Finance", remember_days=0)

    assert desk.rules.remember_days == 0


def test_lowest_rank_comes_first(desk: Desk) -> None:
    group(desk, "Finance", rank=20, remember_days=3)
    group(desk, "Board", rank=10, remember_days=1)
    group(desk, "All of Zurich", rank=30, remember_days=9)

    assert desk.rules.remember_days == 1


def test_each_field_is_decided_by_the_first_that_fills_it(desk: Desk) -> None:
    Policy.objects.create(remember_days=7, code_life=timedelta(minutes=3), number_matching=False)
    group(desk, "Finance", rank=20, remember_days=3, trusted_networks=["192.0.2.0/24"])
    group(desk, "Board", rank=10, code_life=timedelta(minutes=10))

    rules = desk.rules

    assert (rules.remember_days, rules.code_life, rules.number_matching) == (3, timedelta(minutes=10), False)
    assert rules.trusted_networks == ("192.0.2.0/24",)


@pytest.mark.parametrize("field", ["methods", "trusted_networks"])
def test_empty_list_is_a_decision(desk: Desk, field: str) -> None:
    some: dict[str, Any] = {field: ["192.0.2.0/24"] if field == "trusted_networks" else ["totp"]}
    none: dict[str, Any] = {field: []}
    Policy.objects.create(**some)
    group(desk, "Finance", **none)

    assert getattr(desk.rules, field) == ()


def test_group_of_others_does_not_matter(desk: Desk) -> None:
    Policy.objects.create(group=Group.objects.create(name="Others"), remember_days=0)

    assert desk.rules.remember_days == 14


def test_method_that_is_not_installed_is_left_out(desk: Desk) -> None:
    Policy.objects.create(methods=["carrier pigeon", "totp"])

    assert desk.rules.methods == ("totp",)


def test_there_is_one_policy_for_everybody(db: None) -> None:
    Policy.objects.create()

    with pytest.raises(IntegrityError):
        Policy.objects.create()


@pytest.mark.parametrize(
    ("network", "is_trusted"),
    [
        ("192.0.2.7", True),
        ("192.0.3.7", False),
        ("2001:db8::7", True),
        ("2001:db9::7", False),
        ("", False),
        ("192.0.2.7, 10.0.0.1", False),
        ("::ffff:192.0.2.7", False),
    ],
)
def test_knows_trusted_networks(desk: Desk, network: str, is_trusted: bool) -> None:
    Policy.objects.create(trusted_networks=["192.0.2.0/24", "2001:db8::/32"])

    assert policies.is_trusted(network, desk.rules) is is_trusted


def test_network_that_cannot_be_read_trusts_nobody(desk: Desk) -> None:
    Policy.objects.create(trusted_networks=["not a network", "192.0.2.0/24"])

    assert not policies.is_trusted("198.51.100.1", desk.rules)


# The decision --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["enabled", "enforced"])
def test_asks_whoever_has_a_method(ana: Desk, state: str) -> None:
    assert decide(ana, second_step=state) == (Step.ASK, Why.REQUIRED)


@pytest.mark.parametrize("state", ["enabled", "enforced"])
def test_makes_whoever_has_none_register(desk: Desk, state: str) -> None:
    assert decide(desk, second_step=state) == (Step.ENROL, Why.NO_METHOD)


def test_asks_nothing_where_it_is_switched_off(ana: Desk) -> None:
    assert decide(ana, second_step="disabled") == (Step.ALLOW, Why.NOT_REQUIRED)


def test_asks_once_more_for_a_method_that_is_no_longer_allowed(ana: Desk) -> None:
    Policy.objects.create(methods=["recovery"], trusted_networks=["192.0.2.0/24"])

    assert decide(ana, is_remembered=True) == (Step.ASK, Why.METHOD_NOT_ALLOWED)


def test_makes_people_register_whose_methods_are_gone(ana: Desk, settings: Any) -> None:
    settings.VERIFICATION_METHODS = ["verification.methods.recovery"]

    assert decide(ana) == (Step.ENROL, Why.NO_METHOD)


def test_remembered_browser_spares_the_second_step(ana: Desk) -> None:
    assert decide(ana, is_remembered=True) == (Step.ALLOW, Why.REMEMBERED)


def test_remembered_browser_spares_nothing_where_the_policy_forgets(ana: Desk) -> None:
    Policy.objects.create(remember_days=0)

    assert decide(ana, is_remembered=True) == (Step.ASK, Why.REQUIRED)


def test_trusted_network_spares_the_second_step(ana: Desk) -> None:
    Policy.objects.create(trusted_networks=["192.0.2.0/24"])

    assert decide(ana) == (Step.ALLOW, Why.TRUSTED_NETWORK)
    assert decide(ana, network="198.51.100.1") == (Step.ASK, Why.REQUIRED)


@pytest.mark.parametrize("person", [{"is_staff": True}, {"is_staff": True, "second_step": "disabled"}])
def test_staff_are_always_asked(ana: Desk, person: dict[str, Any]) -> None:
    Policy.objects.create(trusted_networks=["192.0.2.0/24"])

    assert decide(ana, is_remembered=True, **person) == (Step.ASK, Why.REQUIRED)


def test_neither_browser_nor_network_spares_the_registration(desk: Desk) -> None:
    Policy.objects.create(trusted_networks=["192.0.2.0/24"])

    assert decide(desk, is_remembered=True) == (Step.ENROL, Why.NO_METHOD)


@pytest.mark.parametrize("second_step", ["disabled", "enabled", "enforced"])
@pytest.mark.parametrize("is_staff", [True, False])
def test_blocked_people_get_in_nowhere(ana: Desk, second_step: str, is_staff: bool) -> None:
    person: dict[str, Any] = {"second_step": second_step, "is_staff": is_staff}
    until = ana.context.now + timedelta(seconds=1)

    assert decide(ana, blocked_until=until, is_remembered=True, **person) == (Step.DENY, Why.BLOCKED)
    assert decide(ana, blocked_until=None, is_active=False, **person) == (Step.DENY, Why.BLOCKED)


def test_block_ends_at_its_instant(ana: Desk) -> None:
    assert decide(ana, blocked_until=ana.context.now) == (Step.ASK, Why.REQUIRED)


def test_locked_people_get_in_nowhere(ana: Desk) -> None:
    assert decide(ana, second_step_locked_at=ana.context.now, is_remembered=True) == (Step.DENY, Why.LOCKED)


def test_denies_when_every_option_is_off(ana: Desk) -> None:
    for name in ("text", "call", "totp"):
        Failure.objects.create(user=ana.user, method=name, consecutive=30, off_at=ana.context.now)

    assert decide(ana) == (Step.DENY, Why.ALL_OFF)


def test_offers_first_what_does_not_wait(ana: Desk) -> None:
    Failure.objects.create(user=ana.user, method="text", consecutive=5, next_at=ana.later(minutes=1).context.now)

    decision = policies.decide(ana.user, ana.context)

    assert decision.default is not None
    assert decision.default.method == "call"


@pytest.mark.usefixtures("switches_known")
@pytest.mark.parametrize("has_groups", [False, True])
def test_decision_reads_what_is_the_persons_and_writes_nothing(
    ana: Desk, has_groups: bool, django_assert_num_queries: Any
) -> None:
    if has_groups:
        group(ana, "Finance", remember_days=3)
        policies.forget()
        policies.is_alone_open()

    with django_assert_num_queries(1 + has_groups) as captured:
        policies.decide(ana.user, ana.context)

    assert all(query["sql"].startswith("SELECT") for query in captured)


def test_policy_counts_when_it_is_read_anew(desk: Desk, settings: Any) -> None:
    settings.VERIFICATION_CACHE_SECONDS = 3600
    policies.forget()
    assert desk.rules.remember_days == 14

    Policy.objects.create(remember_days=7)

    assert desk.rules.remember_days == 14
    settings.VERIFICATION_CACHE_SECONDS = 0
    assert desk.rules.remember_days == 7


def test_group_counts_at_once(desk: Desk, settings: Any) -> None:
    """What policies say may be a second old, but never who is in which group."""
    Policy.objects.create(group=Group.objects.create(name="Finance"), remember_days=3)
    policies.forget()
    settings.VERIFICATION_CACHE_SECONDS = 3600
    assert desk.rules.remember_days == 14

    desk.user.groups.add(Group.objects.get(name="Finance"))

    assert desk.rules.remember_days == 3
    policies.forget()


def test_rules_of_many_are_those_of_each(desk: Desk) -> None:
    north, south = Group.objects.create(name="North"), Group.objects.create(name="South")
    for at, (group, days) in enumerate(((None, 90), (north, 3), (south, 30))):
        Policy.objects.create(group=group, rank=at, remember_days=days)
    people = [get_user_model().objects.create(username=f"p{n}") for n in range(4)]
    for person, groups in zip(people, ([], [north], [south], [south, north]), strict=True):
        person.groups.set(groups)

    found = policies.rules_of_many([person.pk for person in people])

    assert found == {person.pk: policies.rules_for(person.pk) for person in people}
    assert [found[person.pk].remember_days for person in people] == [90, 3, 30, 3]

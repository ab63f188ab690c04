"""Tests of the decision about the second step: what is required of a person, as a table."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group

from tests.verification.conftest import EngineUser
from verification import policies
from verification.models import Failure, Policy
from verification.policies import DecisionReason, SignInStep


def decide(
    engine_user: EngineUser, *, network: str = "192.0.2.7", is_remembered: bool = False, **person: Any
) -> tuple[str, str]:
    for name, value in person.items():
        setattr(engine_user.user, name, value)
    decision = policies.decide(
        engine_user.user, replace(engine_user.context, network=network), is_remembered=is_remembered
    )
    return decision.step, decision.reason


@pytest.mark.parametrize("state", ["enabled", "enforced"])
def test_asks_anyone_who_has_a_method(ana: EngineUser, state: str) -> None:
    assert decide(ana, second_step=state) == (SignInStep.ASK, DecisionReason.REQUIRED)


@pytest.mark.parametrize("state", ["enabled", "enforced"])
def test_makes_anyone_without_a_method_register(engine_user: EngineUser, state: str) -> None:
    assert decide(engine_user, second_step=state) == (SignInStep.ENROL, DecisionReason.NO_METHOD)


def test_asks_nothing_where_it_is_switched_off(ana: EngineUser) -> None:
    assert decide(ana, second_step="disabled") == (SignInStep.ALLOW, DecisionReason.NOT_REQUIRED)


def test_asks_once_more_for_a_method_that_is_no_longer_allowed(ana: EngineUser) -> None:
    Policy.objects.create(methods=["recovery"], trusted_networks=["192.0.2.0/24"])

    assert decide(ana, is_remembered=True) == (SignInStep.ASK, DecisionReason.METHOD_NOT_ALLOWED)


def test_makes_people_register_whose_methods_are_gone(ana: EngineUser, settings: Any) -> None:
    settings.VERIFICATION_METHODS = ["verification.methods.recovery"]

    assert decide(ana) == (SignInStep.ENROL, DecisionReason.NO_METHOD)


def test_remembered_browser_spares_the_second_step(ana: EngineUser) -> None:
    assert decide(ana, is_remembered=True) == (SignInStep.ALLOW, DecisionReason.REMEMBERED)


def test_remembered_browser_spares_nothing_where_the_policy_forgets(ana: EngineUser) -> None:
    Policy.objects.create(remember_days=0)

    assert decide(ana, is_remembered=True) == (SignInStep.ASK, DecisionReason.REQUIRED)


@pytest.mark.parametrize(
    ("circumstances", "why"),
    [
        ({"is_remembered": True}, DecisionReason.REMEMBERED),
        ({"network": "198.51.100.7"}, DecisionReason.TRUSTED_NETWORK),
        ({}, DecisionReason.BYPASSED),
    ],
)
def test_bypass_is_kept_for_a_sign_in_that_needs_it(
    ana: EngineUser, circumstances: dict[str, Any], why: DecisionReason
) -> None:
    """Seen failing with a bypass that came first: the sign-in in a remembered browser used it up."""
    Policy.objects.create(trusted_networks=["198.51.100.0/24"])

    soon = ana.later(minutes=5).context.now

    assert decide(ana, bypass_until=soon, **circumstances) == (SignInStep.ALLOW, why)


def test_trusted_network_spares_the_second_step(ana: EngineUser) -> None:
    Policy.objects.create(trusted_networks=["192.0.2.0/24"])

    assert decide(ana) == (SignInStep.ALLOW, DecisionReason.TRUSTED_NETWORK)
    assert decide(ana, network="198.51.100.1") == (SignInStep.ASK, DecisionReason.REQUIRED)


@pytest.mark.parametrize("person", [{"is_staff": True}, {"is_staff": True, "second_step": "disabled"}])
def test_staff_are_always_asked(ana: EngineUser, person: dict[str, Any]) -> None:
    Policy.objects.create(trusted_networks=["192.0.2.0/24"])

    assert decide(ana, is_remembered=True, **person) == (SignInStep.ASK, DecisionReason.REQUIRED)


def test_neither_browser_nor_network_spares_the_registration(engine_user: EngineUser) -> None:
    Policy.objects.create(trusted_networks=["192.0.2.0/24"])

    assert decide(engine_user, is_remembered=True) == (SignInStep.ENROL, DecisionReason.NO_METHOD)


@pytest.mark.parametrize("second_step", ["disabled", "enabled", "enforced"])
@pytest.mark.parametrize("is_staff", [True, False])
def test_blocked_people_get_in_nowhere(ana: EngineUser, second_step: str, is_staff: bool) -> None:
    person: dict[str, Any] = {"second_step": second_step, "is_staff": is_staff}
    until = ana.context.now + timedelta(seconds=1)

    assert decide(ana, blocked_until=until, is_remembered=True, **person) == (SignInStep.DENY, DecisionReason.BLOCKED)
    assert decide(ana, blocked_until=None, is_active=False, **person) == (SignInStep.DENY, DecisionReason.BLOCKED)


def test_block_ends_at_its_instant(ana: EngineUser) -> None:
    assert decide(ana, blocked_until=ana.context.now) == (SignInStep.ASK, DecisionReason.REQUIRED)


def test_locked_people_get_in_nowhere(ana: EngineUser) -> None:
    assert decide(ana, second_step_locked_at=ana.context.now, is_remembered=True) == (
        SignInStep.DENY,
        DecisionReason.LOCKED,
    )


def test_denies_when_every_option_is_off(ana: EngineUser) -> None:
    for name in ("text", "call", "totp"):
        Failure.objects.create(user=ana.user, method=name, consecutive=30, locked_at=ana.context.now)

    assert decide(ana) == (SignInStep.DENY, DecisionReason.ALL_OFF)


def test_offers_first_what_does_not_wait(ana: EngineUser) -> None:
    Failure.objects.create(user=ana.user, method="text", consecutive=5, next_at=ana.later(minutes=1).context.now)

    decision = policies.decide(ana.user, ana.context)

    assert decision.default is not None
    assert decision.default.method == "call"


@pytest.mark.usefixtures("switches_known")
@pytest.mark.parametrize("has_groups", [False, True])
def test_decision_reads_what_is_the_persons_and_writes_nothing(
    ana: EngineUser, has_groups: bool, django_assert_num_queries: Any
) -> None:
    if has_groups:
        finance = Group.objects.create(name="Finance")
        ana.user.groups.add(finance)
        Policy.objects.create(group=finance, remember_days=3)
        policies.forget()
        policies.is_passwordless_allowed()

    with django_assert_num_queries(1 + has_groups) as captured:
        policies.decide(ana.user, ana.context)

    assert all(query["sql"].startswith("SELECT") for query in captured)

"""Tests that a rule's declaration is all that the policy form, the case page and the preview need."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db.models import TextChoices

from accounts.support.policies import policy_form_built_from_rules, policy_preview
from accounts.support.policies.policy_form_built_from_rules import PolicyForm
from tests.simulated.people import MORNING, Person
from verification import policies
from verification.models import Policy

ADD = "/admin/verification/policy/add/"
every_rule = pytest.mark.parametrize("rule", policies.RULES, ids=[rule.name for rule in policies.RULES])


def _rule(name: str) -> policies.PolicyRule:
    return next(rule for rule in policies.RULES if rule.name == name)


def some_value(rule: policies.PolicyRule) -> Any:
    """Return a valid stored value for a rule, other than its default."""
    usual = policies.default(rule.name)
    if isinstance(usual, bool):
        return not usual
    if isinstance(usual, TextChoices):
        return max(set(type(usual)) - {usual}).value
    if isinstance(usual, timedelta):
        return timedelta(minutes=7)
    return ["totp", "text"] if isinstance(usual, tuple) else 1


def test_every_column_of_a_policy_is_a_declared_rule() -> None:
    columns = {field.name for field in Policy._meta.fields} - {"id", "group", "rank"}

    assert columns == {rule.name for rule in policies.RULES}


def test_form_asks_for_each_rule_in_the_declared_words() -> None:
    fields = PolicyForm.base_fields

    assert [name for name in fields if name not in {"group", "rank", "reason", "form_ref", "seen"}] == [
        rule.name for rule in policies.RULES
    ]
    assert all(fields[rule.name].label == rule.label for rule in policies.RULES)
    assert all(not fields[rule.name].required for rule in policies.RULES)


def test_form_left_empty_decides_nothing(fay: Person) -> None:
    fay.browser.save(ADD, rank="100", confirmed="yes")

    policy = Policy.objects.get()
    assert [getattr(policy, rule.name) for rule in policies.RULES] == [None] * len(policies.RULES)


def test_pages_show_each_rule_in_the_declared_words(ana: Person, fay: Person) -> None:
    Policy.objects.create(text_notices=True)

    form = fay.browser.go(ADD)
    case = fay.browser.go(f"/admin/accounts/user/{ana.user.pk}/change/")

    for rule in policies.RULES:
        assert str(rule.label) in form
        assert str(rule.label) in case
    rule, policy = _rule("text_notices"), Policy.objects.get()
    assert case.rows[str(rule.label)] == [rule.words(True), str(policy)]


def test_list_shows_the_rules_of_each_policy_in_words(fay: Person) -> None:
    everybody = Policy.objects.create(remember_days=30, caller_check=False)
    north = Policy.objects.create(group=Group.objects.create(name="North"), rank=7)

    page = fay.browser.go("/admin/verification/policy/")

    first, second = page.parts("class", "card")
    assert (str(north) in first.words, re.findall(r"\d+", first.words), "<li>" in first.html) == (True, ["7"], False)
    phrases = policy_form_built_from_rules.summary(everybody)
    assert (str(everybody) in second.words, second.html.count("<li>")) == (True, len(phrases))
    assert [phrase in second.words for phrase in phrases] == [True, True]


def test_inherited_value_is_shown_with_its_source(fay: Person) -> None:
    Policy.objects.create(remember_days=30, app_passwords=False)
    policy = Policy.objects.create(group=Group.objects.create(name="North"), remember_days=3)

    page = fay.browser.go(f"/admin/verification/policy/{policy.pk}/change/")

    above = policies.inherited(policy)
    names = ("app_passwords", "remember_days", "caller_check")
    assert [(above[name].value, bool(above[name].whose)) for name in names] == [
        (False, True),
        (30, True),
        (True, False),
    ]
    for name in names:
        assert policy_form_built_from_rules.value_and_source(above[name]) in page


def test_policy_for_everybody_inherits_the_built_in_defaults(fay: Person) -> None:
    policy = Policy.objects.create(remember_days=30)

    page = fay.browser.go(f"/admin/verification/policy/{policy.pk}/change/")

    source = policies.inherited(policy)["remember_days"]
    assert (source.value, bool(source.whose)) == (policies.default("remember_days"), False)
    assert policy_form_built_from_rules.value_and_source(source) in page


def test_preview_shows_what_would_change(fay: Person) -> None:
    page = fay.browser.save(ADD, rank="100", remember_days="30", trusted_networks="192.0.2.0/24")

    days, networks = (_rule(name) for name in ("remember_days", "trusted_networks"))
    assert page.rows.keys() == {str(days.label), str(networks.label)}
    now, then, _n_people = page.rows[str(days.label)]
    assert (days.words(policies.default("remember_days")) in now, then) == (True, days.words(30))
    assert page.rows[str(networks.label)][1] == "192.0.2.0/24"


@every_rule
def test_preview_names_a_rule_that_would_change(rule: policies.PolicyRule, db: None) -> None:
    policy = Policy.objects.create()
    setattr(policy, rule.name, some_value(rule))

    found = policy_preview.impact(policy, now=MORNING).differences

    inherited = rule.words(policies.default(rule.name))
    assert [(each.label, each.now) for each in found] == [(rule.label, f"Inherit ({inherited})")]
    assert found[0].then == rule.words(rule.read(some_value(rule)))


@every_rule
def test_label_is_read_in_the_language_of_the_page(rule: policies.PolicyRule) -> None:
    assert not isinstance(rule.label, str), "translated where it was imported"

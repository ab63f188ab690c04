"""The precedence of policies is the same in Python and in SQL."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import OuterRef
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from verification import policies, strengths
from verification.models import AppPasswordsEnd, Policy
from verification.policies.merging_of_group_policies import in_statement
from verification.policy_precedence import strongest

pytestmark = pytest.mark.django_db

N_GROUPS = 4
VALUES: dict[Any, st.SearchStrategy[Any]] = {
    models.BooleanField: st.booleans(),
    models.DurationField: st.sampled_from([timedelta(minutes=3), timedelta(minutes=7)]),
    models.JSONField: st.sampled_from([[], ["totp"], ["text", "passkey"]]),
    models.CharField: st.sampled_from(["second-step", "no-phone", "phishing-resistant"]),
    models.PositiveSmallIntegerField: st.integers(min_value=0, max_value=max(AppPasswordsEnd)),
}


def column(rule: policies.PolicyRule) -> Any:
    return Policy._meta.get_field(rule.name)


def values(rule: policies.PolicyRule) -> st.SearchStrategy[Any]:
    found = column(rule)
    if isinstance(found, models.CharField) and found.choices:
        return st.sampled_from([value for value, _label in found.choices])
    return VALUES[type(found)]


some_policy = st.fixed_dictionaries(
    {"rank": st.integers(min_value=0, max_value=2)} | {rule.name: st.none() | values(rule) for rule in policies.RULES}
)
# In the order in which they are made, so that keys are in no order of ranks. None: for everyone.
some_policies = st.permutations([None, *range(N_GROUPS)]).flatmap(
    lambda owners: st.lists(some_policy, max_size=len(owners)).map(lambda found: list(zip(owners, found, strict=False)))
)


@settings(
    max_examples=40,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink what failed takes minutes, and says little more
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(made=some_policies, mine=st.sets(st.integers(min_value=0, max_value=N_GROUPS - 1)))
def test_is_the_same_in_python_and_in_sql(made: list[tuple[int | None, dict[str, Any]]], mine: set[int]) -> None:
    Policy.objects.all().delete()
    user = get_user_model().objects.get_or_create(username="ana")[0]
    groups = [Group.objects.get_or_create(name=f"group {at}")[0] for at in range(N_GROUPS)]
    user.groups.set(groups[at] for at in mine)
    for owner, fields in made:
        Policy.objects.create(group=None if owner is None else groups[owner], **fields)
    policies.forget()

    rules = policies.rules_for(user.pk)
    plain = [rule.name for rule in policies.RULES if not isinstance(column(rule), models.JSONField)]
    everybody = get_user_model().objects.annotate(
        **{f"decided_{name}": in_statement(OuterRef("pk"), name) for name in plain}
    )
    decided = everybody.get(pk=user.pk)

    for rule in policies.RULES:
        row = strongest(user.pk, rule.name).first()
        by_sql = rule.read(getattr(row, rule.name)) if row else policies.default(rule.name)
        if rule.name == "methods":
            by_sql = tuple(name for name in by_sql if name in strengths.named(rules.strength).methods())
        assert getattr(rules, rule.name) == by_sql, rule.name
        if rule.name in plain:
            assert getattr(decided, f"decided_{rule.name}") == getattr(rules, rule.name), rule.name


def test_of_one_rank_the_older_comes_first_and_the_one_to_be_saved_last() -> None:
    """Seen failing: a preview took a new policy for the strongest of its rank, and saving it made it the weakest."""
    old = Policy.objects.create(group=Group.objects.create(name="North"), remember_days=3)
    new = Policy(group=Group.objects.create(name="South"), remember_days=30)

    before = policies.ranked([new, old])
    new.save()

    assert before == policies.ranked([new, old]) == [old, new]


def test_product_sends_notices_by_mail_only() -> None:
    """`notices` stands below the rules and so can't read this default: no row is no text there."""
    assert policies.default("text_notices") is False

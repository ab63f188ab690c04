"""Merges the policies of a person's groups into one: the strongest that sets a rule decides it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from verification import strengths
from verification.models import Policy
from verification.policies.rules import RULES, Rules, default
from verification.policy_precedence import strongest
from verification.strengths import AuthenticationStrength


def merge(policies: Sequence[Policy], *, changed: AuthenticationStrength | None = None) -> Rules:
    """Decide each rule by the first policy that fills it; the sequence runs from the strongest to the weakest.

    `changed` is a strength as it will be once it is saved.
    """
    decided = {}
    for each in RULES:
        values = (getattr(policy, each.name) for policy in policies)
        if (value := next((value for value in values if value is not None), None)) is not None:
            decided[each.name] = each.read(value)
    rules = Rules(**decided)
    return _narrowed(rules, rules.strength, changed)


def _narrowed(rules: Rules, slug: str, changed: AuthenticationStrength | None) -> Rules:
    strength = changed if changed is not None and changed.slug == slug else strengths.named(slug)
    accepted = strength.methods()
    return replace(rules, methods=tuple(name for name in rules.methods if name in accepted))


def in_statement(user: OuterRef, name: str) -> Coalesce:
    """Decide one rule within a statement that reads something of a person, as `merge` does. Only for plain values."""
    column: Any = Policy._meta.get_field(name)
    decides = strongest(user, name).values(name)[:1]
    return Coalesce(Subquery(decides), Value(default(name)), output_field=column)


def for_staff(rules: Rules, *, changed: AuthenticationStrength | None = None) -> Rules:
    """Leave staff the methods that are strong enough for them. `changed` is as in `merge`."""
    return _narrowed(rules, rules.staff_strength, changed)

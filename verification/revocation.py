"""Forgets remembered browsers that the policies no longer allow, when policies or groups change.

Without it a change that is taken back, such as 0 days and then 14 again, would open browsers that it had closed.
"""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from django.db.models import F, IntegerField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from verification import policies
from verification.models import Browser, Policy
from verification.models.policies import strongest


def settle(people: Collection[int] | None = None) -> int:
    """Forget or shorten what policy would not remember now, for some people or everybody; returns how many are gone.

    Call it inside the transaction that changed a policy or who is in a group.
    """
    rows = Browser.objects.all() if people is None else Browser.objects.filter(user__in=people)
    return _by_days(rows) + _by_method(rows)


def _deciding(field: str, value: str) -> Subquery:
    return Subquery(strongest(OuterRef("user"), field).values(value)[:1])


def _by_days(rows: QuerySet[Browser]) -> int:
    usual = policies.default("remember_days")
    days: Any = Coalesce(_deciding("remember_days", "remember_days"), Value(usual), output_field=IntegerField())
    rows = rows.annotate(days=days)
    n_gone = rows.filter(days=0).delete()[0]
    known = Policy.objects.filter(remember_days__gt=0).values_list("remember_days", flat=True)
    for each in {usual, *known}:
        ends = F("made_at") + timedelta(days=each)
        rows.filter(days=each, ends_at__gt=ends).update(ends_at=ends)
    return n_gone


def _by_method(rows: QuerySet[Browser]) -> int:
    """Forget browsers whose method is not allowed now: by each policy that names methods, and by the default."""
    rows = rows.annotate(decides=_deciding("methods", "pk"))
    named = {policy.pk: policy.methods or [] for policy in Policy.objects.filter(methods__isnull=False)}
    gone = [rows.filter(decides=pk).exclude(method__in=allowed) for pk, allowed in named.items()]
    gone.append(rows.filter(decides=None).exclude(method__in=policies.merge(()).methods))
    return sum(each.exclude(method="").delete()[0] for each in gone)

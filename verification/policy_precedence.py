"""Which policy decides a rule if several apply to a person: the same order in Python and in SQL.

Among the policies of a person's groups, the lowest rank that sets a rule decides it, then the policy for everyone, then
the built-in default. It isn't in `policies`, because notices, which are below them, ask whether they are also texted.
"""

import math
from collections.abc import Iterable

from django.db.models import BooleanField, Expression, ExpressionWrapper, OuterRef, Q, QuerySet

from verification.models import Policy


def ranked(found: Iterable[Policy]) -> list[Policy]:
    """Order policies from the strongest to the weakest."""
    return sorted(found, key=_precedence)


def _precedence(policy: Policy) -> tuple[bool, int, float]:
    """Return a sort key with the strongest policy first, as `strongest` does in SQL. Unsaved ones come last."""
    return (policy.group_id is None, policy.rank, policy.pk or math.inf)


def strongest(user: int | Expression | OuterRef, field: str) -> QuerySet[Policy]:
    """Return the policies that set one field for a person (a key or what stands for it). The first row decides."""
    mine = Policy.objects.filter(Q(group__isnull=True) | Q(group__user=user), **{f"{field}__isnull": False})
    is_everybodys = ExpressionWrapper(Q(group__isnull=True), output_field=BooleanField())
    return mine.order_by(is_everybodys, "rank", "pk")

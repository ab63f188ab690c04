"""Forgets remembered browsers that the policies no longer allow, when policies or groups change, and announces it.

Without it a change that is taken back, such as 0 days and then 14 again, would bring back browsers that it had ended.
"""

from collections.abc import Callable, Collection, Iterator
from datetime import timedelta
from functools import reduce
from operator import or_
from typing import Any, TypeAlias

from django.db import transaction
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from verification import enrolments, strengths
from verification.context import Context
from verification.models import Browser, Enrolment, Policy, TrustedNumbers
from verification.policies.merging_of_group_policies import in_statement
from verification.policies.rules import default
from verification.policy_precedence import strongest

# Gets the people whose policies or groups may have changed, or None for everyone.
Receiver: TypeAlias = "Callable[[Collection[int] | None], object]"
_receivers: list[Receiver] = []


def on_settle(receiver: Receiver) -> Receiver:
    """Register a function that is called whenever policies or groups change, in the same transaction."""
    if receiver not in _receivers:
        _receivers.append(receiver)
    return receiver


def settle(people: Collection[int] | None = None) -> int:
    """Forget or shorten what policy would not remember now, for some people or everyone; returns how many are gone.

    Call it inside the transaction that changed a policy or who is in a group.
    """
    browsers, supplied = Browser.objects.all(), Enrolment.objects.exclude(supplied="")
    if people is not None:
        browsers, supplied = browsers.filter(user__in=people), supplied.filter(user__in=people)
    with transaction.atomic(savepoint=False):
        # Most people of a directory have neither, and to compose the statements below takes longer than to run them.
        n_gone = _forget(browsers) if browsers.exists() else 0
        if supplied.exists():
            enrolments.withdraw_these(_not_trusted(supplied), Context(now=timezone.now()))
        for receive in _receivers:
            receive(people)
    return n_gone


def _forget(rows: QuerySet[Browser]) -> int:
    policies = list(Policy.objects.all())
    gone, shorter = (
        [*_not_remembered(rows), *_of_another_method(rows, policies), *_too_weak(rows, policies)],
        list(_longer_than_allowed(rows, policies)),
    )
    changed = reduce(or_, (Q(pk__in=each.values("pk")) for each in [*gone, *(longer for longer, _ends in shorter)]))
    locked = Browser.objects.filter(changed).order_by("pk").select_for_update().values_list("pk", flat=True)
    if not list(locked):  # most people who join a group lose nothing
        return 0
    for longer, ends in shorter:
        longer.update(ends_at=ends)
    return sum(each.delete()[0] for each in gone)


def _not_remembered(rows: QuerySet[Browser]) -> Iterator[QuerySet[Browser]]:
    """Find browsers where none is remembered now."""
    yield rows.alias(days=in_statement(OuterRef("user"), "remember_days")).filter(days=0)


def _longer_than_allowed(
    rows: QuerySet[Browser], policies: Collection[Policy]
) -> Iterator[tuple[QuerySet[Browser], Any]]:
    """Find browsers that are remembered for longer than they would be now, and until when that is."""
    rows = rows.alias(days=in_statement(OuterRef("user"), "remember_days"))
    for each in {default("remember_days"), *(policy.remember_days for policy in policies if policy.remember_days)}:
        ends = F("made_at") + timedelta(days=each)
        yield (
            rows.filter(days=each, ends_at__gt=ends),
            ends,
        )


def _of_another_method(rows: QuerySet[Browser], policies: Collection[Policy]) -> Iterator[QuerySet[Browser]]:
    """Find browsers whose method isn't allowed now: by each policy that names methods, and by the default."""
    decides = Subquery(strongest(OuterRef("user"), "methods").values("pk")[:1])
    rows = rows.alias(decides=decides).exclude(method="")
    for policy in policies:
        if policy.methods is not None:
            yield rows.filter(decides=policy.pk).exclude(method__in=policy.methods)
    yield rows.filter(decides=None).exclude(method__in=default("methods"))


def _not_trusted(rows: QuerySet[Enrolment]) -> QuerySet[Enrolment]:
    """Find methods for numbers of a directory that policy doesn't trust now."""
    rows = rows.alias(trusted=in_statement(OuterRef("user"), "trusted_numbers"))
    trusted = (Q(trusted=level, supplied__in=level.kinds) for level in TrustedNumbers if level.kinds)
    return rows.exclude(reduce(or_, trusted))


def _too_weak(rows: QuerySet[Browser], policies: Collection[Policy]) -> Iterator[QuerySet[Browser]]:
    """Find browsers whose method isn't in the strength that a policy requires now."""
    rows = rows.alias(strength=in_statement(OuterRef("user"), "strength")).exclude(method="")
    for slug in {policy.strength for policy in policies if policy.strength is not None}:
        yield rows.filter(strength=slug).exclude(method__in=strengths.named(slug).methods())

"""The form of a policy in the admin, with a field for each rule, and the effect of a change."""

from collections.abc import Sequence
from typing import Any

from django import forms

from accounts.admin_changes import ChangeForm
from accounts.models import User
from accounts.support import groups
from accounts.support.actions.registry import ACTIONS
from accounts.support.policies import policy_preview
from accounts.support.policies.policy_preview import Effect
from verification import policies
from verification.context import Context
from verification.models import Policy
from verification.policies import RULES


def _fields() -> dict[str, forms.Field]:
    """Return a field for each declared rule. Only this app knows which support actions there are."""
    found: dict[str, Any] = {rule.name: rule.formfield() for rule in RULES}
    found["second_person"].choices = [*((a.name, a.label) for a in ACTIONS.values() if a.can_wait), groups.CHANGE]
    return found


_RuleFields = type("_RuleFields", (forms.Form,), _fields())


class PolicyForm(_RuleFields, ChangeForm):  # type: ignore[misc, valid-type]  # a class made of what is declared
    """A policy. Each rule can be left to the next policy."""

    class Meta:
        model = Policy
        fields = ("group", "rank", *(rule.name for rule in RULES))


def effect(changed: Policy, context: Context, *, is_gone: bool = False) -> tuple[Effect, Effect]:
    """Return the effect of the policies now, and with this one as changed."""
    before = list(Policy.objects.all())
    after = [policy for policy in before if policy.pk != changed.pk] + ([] if is_gone else [changed])
    return policy_preview.preview(before, now=context.now), policy_preview.preview(after, now=context.now)


def locks_out(staff: User, changed: Policy) -> bool:
    """Return whether somebody who saves this policy could no longer get into the admin."""
    mine = set(staff.groups.values_list("pk", flat=True)) | {None}
    after = [p for p in Policy.objects.exclude(pk=changed.pk) if p.group_id in mine]
    after += [changed] if changed.group_id in mine else []
    rules = policies.for_staff(policies.merge(policies.ranked(after)))
    return not any(name in rules.methods for name in _proven(staff))


def _proven(staff: User) -> Sequence[str]:
    return list(staff.enrolments.filter(confirmed=True).values_list("method", flat=True))

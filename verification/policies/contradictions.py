"""Finds rules that contradict each other, such as countries for calls where calls aren't allowed."""

from collections.abc import Callable

from django.utils.translation import gettext as _

from verification import method_registry
from verification.method_capabilities import Backup, Passwordless, Stocked
from verification.models import Policy
from verification.models.messages import Channel
from verification.policies.merging_of_group_policies import for_staff, merge
from verification.policies.rules import Rules

_Check = Callable[[Rules], str]


def _methods(rules: Rules) -> str:
    if rules.methods and all(method_registry.has(name, Backup) for name in rules.methods):
        return _("Select another method: nobody can set up only recovery codes.")
    return ""


def _strength(rules: Rules) -> str:
    if not rules.methods:
        return _("No allowed method has this strength. Allow a stronger method, or choose another strength.")
    return ""


def _staff_strength(rules: Rules) -> str:
    if not for_staff(rules).methods:
        return _("No allowed method is strong enough for staff. Allow a stronger method, or choose another strength.")
    return ""


def _stock(rules: Rules) -> str:
    if rules.stock_tokens and not any(method_registry.has(name, Stocked) for name in rules.methods):
        return _("Hardware tokens aren’t an allowed method. Select them there, or don’t allow tokens from the stock.")
    return ""


def _alone(rules: Rules) -> str:
    if rules.passwordless_allowed and not any(method_registry.has(name, Passwordless) for name in rules.methods):
        return _("Passkeys aren’t an allowed method. Select them there, or don’t allow sign-in without a password.")
    return ""


def _calls(rules: Rules) -> str:
    if rules.voice_countries and not any(
        method.name in rules.methods for method in method_registry.sending(Channel.CALL)
    ):
        return _("Phone calls aren’t an allowed method. Select them there, or leave the countries empty.")
    return ""


# Each with the rules that it weighs. The first of them that a policy sets is the one to correct.
_CHECKS: tuple[tuple[tuple[str, ...], _Check], ...] = (
    (("methods", "strength"), _methods),
    (("strength", "methods"), _strength),
    (("staff_strength", "strength", "methods"), _staff_strength),
    (("stock_tokens", "methods"), _stock),
    (("passwordless_allowed", "methods"), _alone),
    (("voice_countries", "methods"), _calls),
)


def contradictions(policy: Policy) -> dict[str, str]:
    """Say what is wrong, by rule, for the people of one policy in no other group. Empty if all of it fits."""
    everybody = Policy.objects.filter(group=None).exclude(pk=policy.pk).first() if policy.group_id else None
    rules, found = merge([policy, *([everybody] if everybody else [])]), dict[str, str]()
    for names, check in _CHECKS:
        mine = next((name for name in names if getattr(policy, name) is not None), "")
        if mine and mine not in found and (words := check(rules)):
            found[mine] = words
    return found

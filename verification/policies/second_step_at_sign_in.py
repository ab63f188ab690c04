"""Decides when people are asked for the second step, and when they skip it.

A remembered browser, a trusted network or a one-time bypass skips it. This reads rows and the context, and changes
nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from verification import enrolments, method_registry
from verification.context import Context
from verification.enrolments import ConfirmedEnrolment, Option
from verification.models.second_step_states import SecondStep
from verification.models.user_protocol import Person
from verification.policies import max_setup_deferrals
from verification.policies.blocked_and_locked_people import refusal
from verification.policies.decision_reasons import DecisionReason
from verification.policies.effective_policy import rules_for
from verification.policies.merging_of_group_policies import for_staff
from verification.policies.rules import Rules
from verification.policies.trusted_networks import is_trusted


class SignInStep(StrEnum):
    """What happens next in a sign-in whose password was right."""

    ALLOW = "allow"
    ASK = "ask"
    ENROL = "enrol"
    DENY = "deny"


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What is required now, why, and the options with which it can be met."""

    step: SignInStep
    reason: DecisionReason
    rules: Rules
    options: tuple[Option, ...] = ()
    default: Option | None = None
    n_deferrals_left: int = 0

    @property
    def has_lasting_method(self) -> bool:
        """Return whether there is an option besides backup methods and temporary ones."""
        return any(not (option.is_backup or option.is_temporary or option.is_locked) for option in self.options)


def decide(user: Person, context: Context, *, is_remembered: bool = False) -> Decision:
    """Decide what this person must do now to be signed in.

    Staff are always asked, and so is anyone who is securing their account: neither a remembered browser nor a trusted
    network stands in for their second step.
    """
    rules = for_staff(rules_for(user.pk)) if user.is_staff else rules_for(user.pk)
    if why := refusal(user, context.now):
        return Decision(step=SignInStep.DENY, reason=why, rules=rules)
    mine = enrolments.confirmed(user.pk)
    options = enrolments.choices(_options(mine, rules.methods, rules, context.now))
    if user.second_step == SecondStep.DISABLED and not user.is_staff:  # an application may still ask for it
        return Decision(step=SignInStep.ALLOW, reason=DecisionReason.NOT_REQUIRED, rules=rules, options=options)
    may_skip = not user.is_staff and not user.securing_since
    if options and is_remembered and rules.remember_days and may_skip:
        return Decision(step=SignInStep.ALLOW, reason=DecisionReason.REMEMBERED, rules=rules, options=options)
    if options and may_skip and is_trusted(context.network, rules):
        return Decision(step=SignInStep.ALLOW, reason=DecisionReason.TRUSTED_NETWORK, rules=rules, options=options)
    # Last of the ways without a second step, because it works once.
    if user.bypass_until and user.bypass_until > context.now and may_skip:
        return Decision(step=SignInStep.ALLOW, reason=DecisionReason.BYPASSED, rules=rules, options=options)
    if not options:
        return _none_allowed(user, mine, rules, now=context.now)
    default = enrolments.default(options)
    if default is None:
        return Decision(step=SignInStep.DENY, reason=DecisionReason.ALL_OFF, rules=rules, options=options)
    return Decision(step=SignInStep.ASK, reason=DecisionReason.REQUIRED, rules=rules, options=options, default=default)


def _options(
    mine: Sequence[ConfirmedEnrolment], methods: Sequence[str], rules: Rules, now: datetime
) -> tuple[Option, ...]:
    return enrolments.options(mine, methods, now=now, voice_countries=rules.voice_countries)


def _none_allowed(user: Person, mine: Sequence[ConfirmedEnrolment], rules: Rules, *, now: datetime) -> Decision:
    """Decide for someone without an allowed method: they register, after verifying once more with what they had.

    Without that proof a policy that forbids a method would let anyone who knows the password set up one of their own.
    """
    former = enrolments.choices(_options(mine, tuple(method_registry.methods()), rules, now))
    if not former:
        left = max_setup_deferrals.n_left(user, now, grace_days=rules.grace_days)
        return Decision(step=SignInStep.ENROL, reason=DecisionReason.NO_METHOD, rules=rules, n_deferrals_left=left)
    default = enrolments.default(former)
    if default is None:
        return Decision(step=SignInStep.DENY, reason=DecisionReason.ALL_OFF, rules=rules, options=former)
    return Decision(
        step=SignInStep.ASK, reason=DecisionReason.METHOD_NOT_ALLOWED, rules=rules, options=former, default=default
    )

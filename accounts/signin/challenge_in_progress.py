"""The challenge of a verification in progress: its options, its person, and whether its proof still counts."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from accounts.access import stepping_up
from accounts.models import User
from accounts.signin.pending_sign_in import Pending
from verification import challenges, enrolments, policies
from verification.context import Context
from verification.db.compiled_queries import BindParam, Select
from verification.enrolments import Option
from verification.models import Purpose
from verification.models.user_protocol import Person
from verification.outcomes import Outcome, Verdict
from verification.policies import Decision, DecisionReason, SignInStep

_UNCHANGED = Select(lambda: User.objects.filter(pk=BindParam("pk"), epoch=BindParam("epoch")))


def narrowed(decision: Decision, step_up: str, context: Context) -> Decision:
    """Leave only the options that are enough for the application that asked. All of them stay if none is enough."""
    about = stepping_up.read(step_up)
    fitting = tuple(option for option in decision.options if about is not None and option.method in about.methods)
    default = enrolments.default(fitting)
    has_no_options = decision.step in {SignInStep.DENY, SignInStep.ENROL}
    if has_no_options or decision.reason is DecisionReason.METHOD_NOT_ALLOWED or default is None:
        return decision
    return replace(decision, options=fitting, default=default)


def carried(former: Pending | None, user: User, purpose: Purpose, context: Context) -> dict[str, Any]:
    """Return what a new verification takes over from an unfinished one. One of another kind is abandoned."""
    if former is None:
        return {}
    if (former.user_id, former.epoch, former.purpose) == (user.pk, user.epoch, purpose) and not former.is_first:
        return {"id": former.id, "handle": former.handle}
    challenges.abandon(former.handle, binding=former.id, now=context.now)
    return {}


def ask(
    user: User,
    pending: Pending,
    option: Option,
    context: Context,
    decision: Decision,
    *,
    mode: str = "",
    also: Callable[[Outcome], None] | None = None,
) -> Outcome:
    """Issue a challenge for one option, replacing the current one. `also` writes what belongs to it."""
    return challenges.start(
        option.enrolment,
        user=user,
        purpose=Purpose(pending.purpose),
        binding=pending.id,
        context=context,
        rules=decision.rules,
        mode=mode,
        replaces=pending.handle,
        known=option.limits,
        also=also,
    )


def person(pending: Pending) -> User | None:
    """Return the user of a verification in progress, or None if their account has changed since it began."""
    return _UNCHANGED.first(pk=pending.user_id, epoch=pending.epoch)


def unchanged(user: Person, pending: Pending) -> User | None:
    """Return the user of a challenge, or None if their account has changed since the verification began."""
    is_same = isinstance(user, User) and (user.pk, user.epoch) == (pending.user_id, pending.epoch)
    return user if isinstance(user, User) and is_same else None


def outcome_of_proof(outcome: Outcome, pending: Pending, context: Context) -> Outcome:
    """Reject a verification if the user was blocked, reset or changed since they entered the password."""
    user = outcome.user
    if not outcome.proven or not isinstance(user, User):
        return outcome
    if user.epoch != pending.epoch or policies.refusal(user, context.now):
        return Outcome(verdict=Verdict.GONE)
    return outcome


def proven_person(outcome: Outcome) -> User:
    """Return the user of a successful verification. Errors: `TypeError` if there is none."""
    if not isinstance(outcome.user, User):
        raise TypeError("a proof names its person")
    return outcome.user

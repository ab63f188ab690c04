"""Registration between password and session: whether someone may set up a method now, or put it off (a deferral)."""

from datetime import timedelta

from django.db import transaction
from django.db.models import DateTimeField, F, Value
from django.db.models.functions import Coalesce

from accounts import sign_in_and_password_audit_events as audit_events
from accounts.models import User
from accounts.signin.pending_sign_in import Pending
from verification import audit, policies
from verification.context import Context
from verification.policies import Decision, DecisionReason, SignInStep


def may_register(user: User, pending: Pending, context: Context) -> Decision | None:
    """Return the decision that lets this sign-in set up a method, or None if another method must be verified first.

    Decided again at each step: a second half signed-in session with the same password must not add a method of its own.
    """
    decision = policies.decide(user, context)
    is_without = decision.reason is DecisionReason.METHOD_NOT_ALLOWED or not decision.has_lasting_method
    is_refused = decision.step is not SignInStep.ASK and decision.reason is not DecisionReason.ALL_OFF
    replaces_former = pending.has_proven_former and is_without and not is_refused
    may = decision.step is SignInStep.ENROL or replaces_former or pending.is_proven
    return decision if pending.is_first and may else None


def defer(user: User, context: Context, decision: Decision) -> bool:
    """Defer registration once. Return False if no deferrals are left; concurrent requests cannot exceed the limit."""
    ends = context.now + timedelta(days=decision.rules.grace_days)
    rows = User.objects.filter(pk=user.pk, n_deferrals=user.n_deferrals)
    if not decision.n_deferrals_left:
        return False
    with transaction.atomic():
        spent = rows.update(
            n_deferrals=F("n_deferrals") + 1,
            grace_ends_at=Coalesce("grace_ends_at", Value(ends, output_field=DateTimeField())),
        )
        if spent:
            left = decision.n_deferrals_left - 1
            audit.record(audit_events.REGISTRATION_DEFERRED, user_id=user.pk, context=context, n_left=left)
    return bool(spent)

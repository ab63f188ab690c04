"""Sign-in with a passkey alone: who may do it, and the check of the answer to an offer."""

from datetime import datetime

from accounts import sign_in_and_password_audit_events as audit_events
from accounts.signin import pending_sign_in
from verification import audit, challenges, limits, policies
from verification.context import Context
from verification.models import Enrolment, Purpose
from verification.outcomes import Outcome, Verdict


def prove_passwordless(answer: str, context: Context, *, nonce: str, until: datetime) -> Outcome:
    """Check a passwordless sign-in: whose credential it is, whether they may sign in with it alone, and the answer.

    The nonce of the offer can be used once, until it expires, even if the check fails. Anyone can send an answer that
    names someone's passkey, so an incorrect one delays no sign-in. It is recorded, so it counts against the network, or
    against the browser if the person has signed in there before.
    """
    gone = Outcome(verdict=Verdict.GONE)
    if until <= context.now:
        return gone
    holder = challenges.holder(answer)
    name = holder.user.get_username() if holder is not None else ""
    if not limits.spend_passwordless(context, name=name):
        return gone
    outcome = _checked_passwordless(answer, context, holder, nonce=nonce, until=until)
    if outcome.proven:
        limits.refund_passwordless(context, name=name)
    return outcome


def _checked_passwordless(
    answer: str, context: Context, holder: Enrolment | None, *, nonce: str, until: datetime
) -> Outcome:
    gone = Outcome(verdict=Verdict.GONE)
    if not limits.spend_once("passwordless", nonce, until=until) or holder is None:
        return gone
    rules = policies.rules_for(holder.user_id)
    rules = policies.for_staff(rules) if holder.user.is_staff else rules
    if (
        not rules.passwordless_allowed
        or holder.method not in rules.methods
        or policies.refusal(holder.user, context.now)
    ):
        audit.record(
            audit_events.SIGN_IN_DENIED,
            user_id=holder.user_id,
            context=context,
            why="alone_not_allowed",
        )
        return gone
    binding = pending_sign_in.new_id()
    issued = challenges.start(
        holder, user=holder.user, purpose=Purpose.SIGN_IN, binding=binding, context=context, rules=rules, nonce=nonce
    )
    return challenges.answer(issued.handle, answer, binding=binding, context=context) if issued.issued else issued

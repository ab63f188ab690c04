"""What follows a correct password: a refusal, a one-time bypass, registration, or a challenge."""

from collections.abc import Callable
from dataclasses import dataclass

from accounts import sign_in_and_password_audit_events as audit_events
from accounts.models import User
from accounts.signin import challenge_in_progress
from accounts.signin.pending_sign_in import Pending
from verification import audit, browsers, limits, policies
from verification.context import Context
from verification.db import batched_writes
from verification.models import Challenge, Purpose
from verification.outcomes import Outcome, Verdict
from verification.policies import Decision, DecisionReason, SignInStep


@dataclass(frozen=True, kw_only=True)
class Begun:
    """What follows a correct password. `trouble` says why the default option could not be issued."""

    decision: Decision
    pending: Pending | None = None
    trouble: Outcome | None = None
    browser_token: str = ""


def _no_page(pending: Pending, challenge: Challenge | None) -> None:
    """Keep nothing: nobody's browser is waiting."""


def begin(
    user: User,
    context: Context,
    *,
    next_url: str,
    former: Pending | None = None,
    step_up: str = "",
    name: str = "",
    keep: Callable[[Pending, Challenge | None], None] = _no_page,
) -> Begun:
    """Decide what follows a correct password, and immediately issue a challenge for the default option.

    `keep` writes the state of the sign-in to the browser's session, in the transaction of the challenge, if there is a
    new one. `name` is the username under which the attempt was counted; that count is undone.

    `former` is the sign-in that this browser left unfinished. If it belongs to the same user, its challenge continues:
    a text sent a moment ago is not sent again, and an older code is recognised as such. It may continue in another tab,
    so the session names the page that it wanted, and the URLs of this one name `next_url`.
    """
    is_remembered, browser_token = browsers.recognise(user, context)
    decision = policies.decide(user, context, is_remembered=is_remembered)
    if decision.reason is DecisionReason.BYPASSED and not _spend_bypass(user, context):
        decision = policies.decide(user, context, is_remembered=is_remembered)
    if decision.step in {SignInStep.ALLOW, SignInStep.DENY}:
        limits.password_accepted(name or user.username, context)
        if decision.step is SignInStep.DENY:
            audit.record(audit_events.SIGN_IN_DENIED, user_id=user.pk, context=context, why=decision.reason)
        return Begun(decision=decision, browser_token=browser_token)
    is_former = decision.reason is DecisionReason.METHOD_NOT_ALLOWED
    decision = challenge_in_progress.narrowed(decision, step_up, context)
    is_first = decision.step is SignInStep.ENROL
    pending = Pending(
        user_id=user.pk,
        epoch=user.epoch,
        started=context.now.timestamp(),
        is_first=is_first,
        next=next_url if former is None or is_first else former.next,
        why=decision.reason,
        remember_days=0 if user.is_staff or is_former else decision.rules.remember_days,
        step_up=step_up,
        **challenge_in_progress.carried(former, user, Purpose.SIGN_IN, context),
    )

    def also(outcome: Outcome) -> None:
        keep(pending.with_(handle=outcome.handle) if outcome.issued else pending, outcome.challenge)
        limits.password_accepted(name or user.username, context)

    if decision.default is None:
        with batched_writes.block():
            also(Outcome(verdict=Verdict.GONE))
        return Begun(decision=decision, pending=pending, browser_token=browser_token)
    outcome = challenge_in_progress.ask(user, pending, decision.default, context, decision, also=also)
    if not outcome.issued:
        return Begun(decision=decision, pending=pending, trouble=outcome, browser_token=browser_token)
    return Begun(decision=decision, pending=pending.with_(handle=outcome.handle), browser_token=browser_token)


def _spend_bypass(user: User, context: Context) -> bool:
    """Use up a one-time bypass of the second step. Of two concurrent sign-ins, only one gets it."""
    spent = User.objects.filter(pk=user.pk, bypass_until__gt=context.now).update(bypass_until=None)
    user.bypass_until = None
    return bool(spent)

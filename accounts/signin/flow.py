"""The sign-in flow, from a correct password to a session. Only `finish` signs anyone in."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import SESSION_KEY, login
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.exceptions import SessionInterrupted
from django.db import transaction
from django.db.models import DateTimeField, F, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django_otp import login as otp_login

from accounts import audit_events, redirects, session_assurance, sessions
from accounts.access import stepping_up
from accounts.models import User
from accounts.sessions import BACKEND
from accounts.signin import browser_cookies, pending_sign_in
from accounts.signin.pending_sign_in import Pending
from verification import audit, browsers, challenges, enrolments, limits, policies, registry
from verification.browsers import known_browsers
from verification.capabilities import PublicKey, Temporary
from verification.context import Context
from verification.db import batched_writes
from verification.db.batched_writes import Rows
from verification.db.compiled_queries import BindParam, Select, Update
from verification.enrolments import Option
from verification.models import Challenge, Enrolment, Purpose
from verification.models.person import Person
from verification.outcomes import Outcome, Verdict
from verification.policies import Decision, DecisionReason, SignInStep

user_logged_in.disconnect(dispatch_uid="update_last_login")  # Django's own takes a transaction; see `note_sign_in`
_UNCHANGED = Select(lambda: User.objects.filter(pk=BindParam("pk"), epoch=BindParam("epoch")))


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
    a text sent a moment ago is not sent again, and an older code is recognised as such.
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
    decision = narrowed(decision, step_up, context)
    pending = Pending(
        user_id=user.pk,
        epoch=user.epoch,
        started=context.now.timestamp(),
        is_first=decision.step is SignInStep.ENROL,
        next=next_url,
        why=decision.reason,
        remember_days=0 if user.is_staff or is_former else decision.rules.remember_days,
        step_up=step_up,
        **_carried(former, user, Purpose.SIGN_IN, context),
    )

    def also(outcome: Outcome) -> None:
        keep(pending.with_(handle=outcome.handle) if outcome.issued else pending, outcome.challenge)
        limits.password_accepted(name or user.username, context)

    if decision.default is None:
        with batched_writes.block():
            also(Outcome(verdict=Verdict.GONE))
        return Begun(decision=decision, pending=pending, browser_token=browser_token)
    outcome = ask(user, pending, decision.default, context, decision, also=also)
    if not outcome.issued:
        return Begun(decision=decision, pending=pending, trouble=outcome, browser_token=browser_token)
    return Begun(decision=decision, pending=pending.with_(handle=outcome.handle), browser_token=browser_token)


def narrowed(decision: Decision, step_up: str, context: Context) -> Decision:
    """Leave only the options that are enough for the application that asked. All of them stay if none is enough."""
    about = stepping_up.read(step_up)
    fitting = tuple(option for option in decision.options if about is not None and option.method in about.methods)
    default = enrolments.default(fitting)
    has_no_options = decision.step in {SignInStep.DENY, SignInStep.ENROL}
    if has_no_options or decision.reason is DecisionReason.METHOD_NOT_ALLOWED or default is None:
        return decision
    return replace(decision, options=fitting, default=default)


def _carried(former: Pending | None, user: User, purpose: Purpose, context: Context) -> dict[str, Any]:
    """Return what a new verification takes over from an unfinished one. One of another kind is abandoned."""
    if former is None:
        return {}
    if (former.user_id, former.epoch, former.purpose) == (user.pk, user.epoch, purpose) and not former.is_first:
        return {"id": former.id, "handle": former.handle}
    challenges.abandon(former.handle, binding=former.id, now=context.now)
    return {}


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


def _spend_bypass(user: User, context: Context) -> bool:
    """Use up a one-time bypass of the second step. Of two concurrent sign-ins, only one gets it."""
    spent = User.objects.filter(pk=user.pk, bypass_until__gt=context.now).update(bypass_until=None)
    user.bypass_until = None
    return bool(spent)


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


def signs_in(user: User, enrolment: Enrolment | None, pending: Pending, context: Context) -> bool:
    """Return whether a verification signs the user in, and does not only open registration.

    It opens registration if policy no longer allows the method, or if it is temporary and the user has no permanent
    method.
    """
    if pending.purpose != Purpose.SIGN_IN or pending.why == DecisionReason.METHOD_NOT_ALLOWED:
        return False
    if enrolment is None or not registry.has(enrolment.method, Temporary):
        return True
    return policies.decide(user, context).has_lasting_method


def person(pending: Pending) -> User | None:
    """Return the user of a verification in progress, or None if their account has changed since it began."""
    return _UNCHANGED.first(pk=pending.user_id, epoch=pending.epoch)


def unchanged(user: Person, pending: Pending) -> User | None:
    """Return the user of a challenge, or None if their account has changed since the verification began."""
    is_same = isinstance(user, User) and (user.pk, user.epoch) == (pending.user_id, pending.epoch)
    return user if isinstance(user, User) and is_same else None


_SIGNED_IN = Update(
    lambda: (User.objects.filter(pk=BindParam("pk"), epoch=BindParam("epoch")), {"last_login": BindParam("at")})
)


def note_sign_in(user: User, context: Context) -> None:
    """Record when a user signed in. Django's own signal receiver is off, because it would need another transaction.

    Errors: `SessionInterrupted`, when the block ends, if the account has changed since it was read.
    """
    _SIGNED_IN.later(_is_unchanged, pk=user.pk, epoch=user.epoch, at=context.now)
    user.last_login = context.now


class _AccountChanged(challenges.NotProven, SessionInterrupted):
    """The account changed before the sign-in was completed. Where nothing was proven, the person gets a page."""


def _is_unchanged(rows: Rows) -> None:
    if not rows:
        raise _AccountChanged


def finish(  # noqa: PLR0913  (one action, with named circumstances)
    request: HttpRequest,
    user: User,
    context: Context,
    *,
    next_url: str,
    why: str,
    password_at: datetime | None,
    enrolment: Enrolment | None = None,
    remember_days: int = 0,
    challenge: str = "",
) -> HttpResponse:
    """Sign a user in and redirect them. Nothing else signs anyone in. `why` goes into the audit log.

    Shape: `password_at` is None if they signed in without a password. `challenge` is the handle of the challenge that
    was proven in the caller's transaction; this event records that too.
    """
    with pending_sign_in.undone_on_failure(request), batched_writes.block():
        if not challenge:
            note_sign_in(user, context)
        if enrolment is None or not registry.method(enrolment.method).may_be_remembered:
            remember_days = 0
        pending_sign_in.wipe(request)
        if SESSION_KEY in request.session:
            request.session.flush()  # otherwise a password alone would renew an older second step
        login(request, user, backend=BACKEND)  # changes the session key
        if enrolment is not None:
            enrolment.user = user
            otp_login(request, enrolment)
        verified = {} if password_at is None else {session_assurance.PASSWORD: password_at}
        until = None
        if enrolment is not None:
            verified[enrolment.method], until = context.now, enrolment.ends_at
        session_assurance.keep(request, user, verified=verified, why=why, until=until)
        session_assurance.place(request, context)
        sessions.keep(request.session)
        audit.record(
            audit_events.SIGN_IN_COMPLETED,
            user_id=user.pk,
            context=context,
            **_told(why, enrolment, challenge, is_remembered=remember_days > 0),
        )
        response = redirects.go_on(next_url)
        device = known_browsers.remember(context.device, user.username)
        browser_cookies.know(response, device)
        if remember_days:
            proven_by = enrolment.method if enrolment else ""
            token = browsers.remember(user, context, days=remember_days, method=proven_by)
            browser_cookies.remember(response, token, days=remember_days)
        return response


def _told(why: str, enrolment: Enrolment | None, challenge: str, *, is_remembered: bool) -> dict[str, Any]:
    """Return what the event of a sign-in says; without what is usual, because there is one for every sign-in.

    Which enrolment it was is in the event of the challenge, unless the answer named another one.
    """
    told: dict[str, Any] = {"why": why}
    if enrolment is not None:
        told["method"] = enrolment.method
        if not challenge or registry.has(enrolment.method, PublicKey):
            told["enrolment"] = enrolment.ref
    if challenge:
        told["challenge"] = challenge
    return told | ({"is_remembered": True} if is_remembered else {})


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
        audit.record(audit_events.SIGN_IN_DENIED, user_id=holder.user_id, context=context, why="alone_not_allowed")
        return gone
    binding = pending_sign_in.new_id()
    issued = challenges.start(
        holder, user=holder.user, purpose=Purpose.SIGN_IN, binding=binding, context=context, rules=rules, nonce=nonce
    )
    return challenges.answer(issued.handle, answer, binding=binding, context=context) if issued.issued else issued


def freshen(request: HttpRequest, user: User, context: Context, enrolment: Enrolment, *, step_up: str = "") -> None:
    """Record that a signed-in user has verified again. The session key changes with the higher assurance."""
    pending_sign_in.wipe(request)
    stepping_up.count_round(request, stepping_up.read(step_up), context.now)
    request.session.cycle_key()
    enrolment.user = user
    otp_login(request, enrolment)
    session_assurance.add(request, user, enrolment.method, at=context.now, until=enrolment.ends_at)


def ask_again(
    request: HttpRequest, user: User, context: Context, *, purpose: Purpose, next_url: str, step_up: str = ""
) -> Pending:
    """Start a verification of a signed-in user, for a sensitive action or to try a method out."""
    carried = _carried(pending_sign_in.read(request, now=context.now), user, purpose, context)
    pending = Pending(
        user_id=user.pk,
        epoch=user.epoch,
        started=context.now.timestamp(),
        purpose=purpose,
        next=next_url,
        step_up=step_up,
        **carried,
    )
    return pending_sign_in.keep(request, pending)


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

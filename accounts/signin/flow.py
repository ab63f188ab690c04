"""The sign-in flow, from a correct password to a session. Only `finish` signs anyone in."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY, login
from django.db import transaction
from django.db.models import DateTimeField, F, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django_otp import login as otp_login

from accounts import audit_events, credentials, passwords, redirects, session_assurance
from accounts.access import stepping_up
from accounts.directories import Answer
from accounts.models import User
from accounts.models.people import fold
from accounts.sessions import BACKEND
from accounts.signin import login_stage
from accounts.signin.login_stage import Pending
from verification import audit, browsers, challenges, enrolments, limits, policies, registry
from verification.browsers import known_browsers
from verification.capabilities import Temporary
from verification.context import Context
from verification.db.compiled_queries import BindParam, Select
from verification.enrolments import Option
from verification.limits import Gate
from verification.models import Enrolment, Purpose
from verification.outcomes import Outcome, Verdict
from verification.policies import Decision, Step, Why

_DEVICE_DAYS = 180

_NAMED = Select(lambda: User.objects.filter(username=BindParam("name")))
_UNCHANGED = Select(lambda: User.objects.filter(pk=BindParam("pk"), epoch=BindParam("epoch")))


@dataclass(frozen=True, kw_only=True)
class FirstStep:
    """The result of a username and password. Without a user, `gate` or `answer` says why."""

    gate: Gate
    answer: Answer = Answer.WRONG
    user: User | None = None


def check_password(name: str, password: str, context: Context) -> FirstStep:
    """Check a username and password. Timing and queries are the same whether or not the name exists.

    The attempt is counted before the check, so that parallel guesses are limited as well.
    """
    folded = fold(name)
    gate = limits.password_gate(folded, context)
    if not gate.is_open:
        return FirstStep(gate=gate)
    known = _NAMED.first(name=folded)
    checked = credentials.check(known, name, password, context)
    user = checked.user
    if user is None:
        _record_refusal(known, checked.answer, context)
        return FirstStep(gate=gate, answer=checked.answer)
    limits.password_accepted(folded, context)
    passwords.note_breached(user, password, context)
    return FirstStep(gate=gate, answer=Answer.RIGHT, user=user)


def _record_refusal(user: User | None, answer: Answer, context: Context) -> None:
    pk = user.pk if user else None
    if answer is Answer.WRONG:
        audit.record(audit_events.PASSWORD_REFUSED, user_id=pk, context=context)
    else:
        audit.record(audit_events.DIRECTORY_REFUSED, user_id=pk, context=context, why=answer)


@dataclass(frozen=True, kw_only=True)
class Begun:
    """What follows a correct password. `trouble` says why the default option could not be issued."""

    decision: Decision
    pending: Pending | None = None
    trouble: Outcome | None = None
    browser_token: str = ""


def begin(user: User, context: Context, *, next_url: str, former: Pending | None = None, step_up: str = "") -> Begun:
    """Decide what follows a correct password, and issue a challenge for the default option at once.

    `former` is the sign-in that this browser left unfinished. If it belongs to the same user, its challenge continues:
    a text sent a moment ago is not sent again, and an older code is recognised as such.
    """
    is_remembered, token = browsers.recognise(user, context)
    decision = policies.decide(user, context, is_remembered=is_remembered)
    if decision.reason is Why.BYPASSED and not _spend_bypass(user, context):
        decision = policies.decide(user, context, is_remembered=is_remembered)
    if decision.step in {Step.ALLOW, Step.DENY}:
        if decision.step is Step.DENY:
            audit.record(audit_events.SIGN_IN_DENIED, user_id=user.pk, context=context, why=decision.reason)
        return Begun(decision=decision, browser_token=token)
    is_former = decision.reason is Why.METHOD_NOT_ALLOWED
    decision = narrowed(decision, step_up, context)
    pending = Pending(
        user_id=user.pk,
        epoch=user.epoch,
        started=context.now.timestamp(),
        is_first=decision.step is Step.ENROL,
        next=next_url,
        why=decision.reason,
        remember_days=0 if user.is_staff or is_former else decision.rules.remember_days,
        step_up=step_up,
        **_carried(former, user, Purpose.SIGN_IN, context),
    )
    if decision.default is None:
        return Begun(decision=decision, pending=pending)
    outcome = ask(user, pending, decision.default, context, decision)
    if not outcome.issued:
        return Begun(decision=decision, pending=pending, trouble=outcome)
    return Begun(decision=decision, pending=pending.with_(handle=outcome.handle))


def narrowed(decision: Decision, step_up: str, context: Context) -> Decision:
    """Leave only the options that are enough for the application that asked. All of them stay if none is enough."""
    about = stepping_up.read(step_up)
    fitting = tuple(option for option in decision.options if about is not None and option.method in about.methods)
    default = enrolments.default(fitting, now=context.now)
    if decision.step is not Step.ASK or decision.reason is Why.METHOD_NOT_ALLOWED or default is None:
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
    user: User, pending: Pending, option: Option, context: Context, decision: Decision, *, mode: str = ""
) -> Outcome:
    """Issue a challenge for one option, replacing the current one."""
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
    )


def may_register(user: User, pending: Pending, context: Context) -> Decision | None:
    """Return the decision that lets this sign-in set up a method, or None if another method must be verified first.

    Decided again at each step: a second half signed-in session with the same password must not add a method of its own.
    """
    decision = policies.decide(user, context)
    is_without = decision.reason is Why.METHOD_NOT_ALLOWED or not decision.has_lasting_method
    is_closed = decision.step is not Step.ASK and decision.reason is not Why.ALL_OFF
    replaces_former = pending.has_proven_former and is_without and not is_closed
    may = decision.step is Step.ENROL or replaces_former or pending.is_proven
    return decision if pending.is_first and may else None


def must_register(user: User, outcome: Outcome, pending: Pending, context: Context) -> bool:
    """Return whether a verification only opens registration, and nothing else.

    That is so if policy no longer allows the method, or if it is temporary and the user has no permanent method.
    """
    if pending.why == Why.METHOD_NOT_ALLOWED:
        return True
    if outcome.enrolment is None or not registry.has(outcome.enrolment.method, Temporary):
        return False
    return not policies.decide(user, context).has_lasting_method


def person(pending: Pending) -> User | None:
    """Return the user of a verification in progress, or None if their account has changed since it began."""
    return _UNCHANGED.first(pk=pending.user_id, epoch=pending.epoch)


def finish(
    request: HttpRequest,
    user: User,
    context: Context,
    *,
    next_url: str,
    why: str,
    password_at: datetime | None,
    enrolment: Enrolment | None = None,
    remember_days: int = 0,
) -> HttpResponse:
    """Sign a user in and redirect them. Nothing else signs anyone in. `why` goes into the audit log.

    Shape: `password_at` is None if they signed in without a password.
    """
    if enrolment is None or not registry.method(enrolment.method).may_be_remembered:
        remember_days = 0
    login_stage.wipe(request)
    if SESSION_KEY in request.session:
        request.session.flush()  # else a password alone would renew an older session's second step
    login(request, user, backend=BACKEND)  # changes the session key and sets `last_login`
    if enrolment is not None:
        enrolment.user = user
        otp_login(request, enrolment)
    verified = {} if password_at is None else {session_assurance.PASSWORD: password_at}
    until = None
    if enrolment is not None:
        verified[enrolment.method], until = context.now, enrolment.ends_at
    session_assurance.keep(request, user, verified=verified, why=why, until=until)
    session_assurance.place(request, context)
    audit.record(
        audit_events.SIGN_IN_COMPLETED,
        user_id=user.pk,
        context=context,
        why=why,
        method=enrolment.method if enrolment else "",
        is_remembered=remember_days > 0,
    )
    response = redirects.go_on(next_url)
    _keep(
        response, settings.DEVICE_COOKIE_NAME, known_browsers.remember(context.device, user.username), days=_DEVICE_DAYS
    )
    if remember_days:
        proven_by = enrolment.method if enrolment else ""
        token = browsers.remember(user, context, days=remember_days, method=proven_by)
        remember(response, token, days=remember_days)
    return response


def prove_alone(answer: str, context: Context, *, nonce: str, until: datetime) -> Outcome:
    """Check a passwordless sign-in: whose credential it is, whether they may sign in with it alone, and the answer.

    The nonce of the invitation can be used once, until it expires. That is so even if the check fails.
    """
    gone = Outcome(verdict=Verdict.GONE)
    if until <= context.now or not limits.spend_once("invitation", nonce, until=until):
        return gone
    holder = challenges.holder(answer)
    if holder is None:
        return gone
    rules = policies.rules_for(holder.user_id)
    if not rules.alone_allowed or holder.method not in rules.methods or policies.refusal(holder.user, context.now):
        audit.record(audit_events.SIGN_IN_DENIED, user_id=holder.user_id, context=context, why="alone_not_allowed")
        return gone
    binding = login_stage.new_id()
    issued = challenges.start(
        holder,
        user=holder.user,
        purpose=Purpose.SIGN_IN,
        binding=binding,
        context=context,
        rules=rules,
        nonce=nonce,
    )
    return challenges.answer(issued.handle, answer, binding=binding, context=context) if issued.issued else issued


def freshen(request: HttpRequest, user: User, context: Context, enrolment: Enrolment, *, step_up: str = "") -> None:
    """Record that a signed-in user has verified again. The session key changes with the higher assurance."""
    login_stage.wipe(request)
    stepping_up.count_round(request, stepping_up.read(step_up), context.now)
    request.session.cycle_key()
    enrolment.user = user
    otp_login(request, enrolment)
    session_assurance.add(request, user, enrolment.method, at=context.now, until=enrolment.ends_at)


def ask_again(
    request: HttpRequest, user: User, context: Context, *, purpose: Purpose, next_url: str, step_up: str = ""
) -> Pending:
    """Start a verification of a signed-in user, for a sensitive action or to try a method out."""
    carried = _carried(login_stage.read(request, now=context.now), user, purpose, context)
    pending = Pending(
        user_id=user.pk,
        epoch=user.epoch,
        started=context.now.timestamp(),
        purpose=purpose,
        next=next_url,
        step_up=step_up,
        **carried,
    )
    return login_stage.keep(request, pending)


def remember(response: HttpResponse, token: str, *, days: int) -> None:
    """Set the remembered-browser cookie. On a shared browser it outlives each user's days: the rows are what counts."""
    days = max(days, _DEVICE_DAYS) if browsers.is_shared(token) else days
    _keep(response, settings.BROWSER_COOKIE_NAME, token, days=days)


def _keep(response: HttpResponse, name: str, value: str, *, days: int) -> None:
    """Set a cookie that is sent to this site only and that scripts cannot read."""
    response.set_cookie(
        name,
        value,
        max_age=days * 86_400,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


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

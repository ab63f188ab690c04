"""Completes a sign-in: new session, known and remembered browser, audit event. Only `finish` signs anyone in."""

from datetime import datetime
from typing import Any

from django.contrib.auth import SESSION_KEY, login
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.exceptions import SessionInterrupted
from django.http import HttpRequest, HttpResponse
from django_otp import login as otp_login

from accounts import redirects
from accounts import sign_in_and_password_audit_events as audit_events
from accounts.models import User
from accounts.sessions import session_assurance, session_store
from accounts.sessions.session_store import BACKEND
from accounts.signin import pending_sign_in, setting_browser_cookies
from accounts.signin.pending_sign_in import Pending
from verification import audit, browsers, challenges, method_registry, policies
from verification.browsers import device_cookies_of_known_browsers
from verification.context import Context
from verification.db import batched_writes
from verification.db.batched_writes import Rows
from verification.db.compiled_queries import BindParam, Update
from verification.method_capabilities import PublicKey, Temporary
from verification.models import Enrolment, Purpose
from verification.policies import DecisionReason

user_logged_in.disconnect(dispatch_uid="update_last_login")  # Django's own takes a transaction; see `note_sign_in`


def signs_in(user: User, enrolment: Enrolment | None, pending: Pending, context: Context) -> bool:
    """Return whether a verification signs the user in, and does not only open registration.

    It opens registration if policy no longer allows the method, or if it is temporary and the user has no permanent
    method.
    """
    if pending.purpose != Purpose.SIGN_IN or pending.why == DecisionReason.METHOD_NOT_ALLOWED:
        return False
    if enrolment is None or not method_registry.has(enrolment.method, Temporary):
        return True
    return policies.decide(user, context).has_lasting_method


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
        method = method_registry.methods().get(enrolment.method) if enrolment else None
        if method is None or not method.may_be_remembered:
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
        session_store.keep(request.session)
        audit.record(
            audit_events.SIGN_IN_COMPLETED,
            user_id=user.pk,
            context=context,
            **_told(why, enrolment, challenge, is_remembered=remember_days > 0),
        )
        response = redirects.go_on(next_url)
        device = device_cookies_of_known_browsers.remember(context.device, user.username)
        setting_browser_cookies.know(response, device)
        if remember_days:
            proven_by = enrolment.method if enrolment else ""
            token = browsers.remember(user, context, days=remember_days, method=proven_by)
            setting_browser_cookies.remember(response, token, days=remember_days)
        return response


def _told(why: str, enrolment: Enrolment | None, challenge: str, *, is_remembered: bool) -> dict[str, Any]:
    """Return what the event of a sign-in says; without what is usual, because there is one for every sign-in.

    Which enrolment it was is in the event of the challenge, unless the answer named another one.
    """
    told: dict[str, Any] = {"why": why}
    if enrolment is not None:
        told["method"] = enrolment.method
        if not challenge or method_registry.has(enrolment.method, PublicKey):
            told["enrolment"] = enrolment.ref
    if challenge:
        told["challenge"] = challenge
    return told | ({"is_remembered": True} if is_remembered else {})

"""Who is this, how strongly, how long ago: one answer for the portal, the admin and every integration."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY, logout, update_session_auth_hash
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django_otp import DEVICE_ID_SESSION_KEY

from accounts import audit_events, redirects, sessions
from accounts.models import Session, User
from accounts.sessions import PLACE
from verification import audit, browsers, enrolments, policies
from verification.context import Context
from verification.db import row_locks
from verification.policies import Rules, Why

KEY = "assurance"  # where a signed-in session keeps epoch, time and `amr` of its proof


@dataclass(frozen=True, kw_only=True)
class Assurance:
    """What a session is worth.

    Shape: `amr` as RFC 8176 names them, such as pwd, otp, sms, tel; `why` the reason of the sign-in's decision.
    """

    user: User | None = None
    proven_at: datetime | None = None
    amr: tuple[str, ...] = ()
    is_proven: bool = False
    why: str = ""

    @property
    def is_signed_in(self) -> bool:
        return self.user is not None


class AuthedRequest(HttpRequest):
    """A request of somebody who is signed in."""

    user: User


def of(request: HttpRequest) -> Assurance:
    """Tell what the session of a request is worth. A half signed-in one is worth nothing."""
    user = request.user
    kept = request.session.get(KEY)
    if not user.is_authenticated or not kept:
        return Assurance()
    now = timezone.now()
    is_over = "until" in kept and kept["until"] <= now.timestamp()
    if is_over or kept["epoch"] != user.epoch or policies.refusal(user, now):
        return Assurance()
    return Assurance(
        user=user,
        proven_at=datetime.fromtimestamp(kept["at"], tz=UTC),
        amr=tuple(kept["amr"]),
        is_proven=DEVICE_ID_SESSION_KEY in request.session,
        why=kept.get("why", ""),
    )


def keep(
    request: HttpRequest,
    user: User,
    *,
    at: datetime,
    amr: tuple[str, ...],
    why: str,
    until: datetime | None = None,
) -> None:
    """Write into the session what its proof is worth, in the person's present epoch, and when it is worth no more."""
    kept: dict[str, Any] = {"epoch": user.epoch, "at": at.timestamp(), "amr": list(amr), "why": why}
    request.session[KEY] = kept | ({"until": until.timestamp()} if until else {})


def place(request: HttpRequest, context: Context) -> None:
    """Write into the session from which program and network it was made, for its person to recognise it."""
    request.session[PLACE] = {"agent": context.agent, "network": context.network}


def _holds(request: HttpRequest) -> bool:
    """Tell whether a session may go on."""
    here = of(request)
    if here.user is None or here.is_proven or here.why not in _UNPROVEN:
        return here.is_signed_in
    return _UNPROVEN[here.why](policies.rules_for(here.user.pk), request.session.get(PLACE, {}).get("network", ""))


# Why nothing was asked in a sign-in, and whether the policy of now would ask nothing either.
_UNPROVEN: Mapping[str, Callable[[Rules, str], bool]] = {
    Why.REMEMBERED: lambda rules, _network: rules.remember_days > 0,
    Why.TRUSTED_NETWORK: lambda rules, network: policies.is_trusted(network, rules),
}


class StandingMiddleware:
    """Ends, at the next request, a session whose epoch is over or whose person is blocked or locked.

    So it does with one in which nothing was proven, once policy would ask for a proof.
    And one that is signed in by any other way than ours. It needs the messages at hand, to say so.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if SESSION_KEY in request.session and not _holds(request):
            logout(request)
            messages.info(request, _("You were signed out, because your account or its settings changed."))
        return self.get_response(request)


class SignInMiddleware(LoginRequiredMiddleware):
    """Leads to the sign-in and back. What was posted meanwhile is lost, and the page says so afterwards."""

    def handle_no_permission(self, request: HttpRequest, view_func: Callable[..., Any]) -> HttpResponseRedirect:
        if request.method in {"GET", "HEAD", "OPTIONS"}:
            return super().handle_no_permission(request, view_func)
        return redirect(redirects.asking(settings.LOGIN_URL, redirects.not_done(request.get_full_path())))


class NewPasswordMiddleware:
    """Leads whoever must choose a new password to that page, whatever they open; they may prove themselves or leave."""

    _OPEN = ("portal:password", "sign-out", "theme")

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_more: Any) -> HttpResponse | None:
        user = of(request).user if request.session.get(KEY) else None
        match = request.resolver_match
        if user is None or not user.must_change_password or match is None:
            return None
        if match.view_name in self._OPEN or match.namespace == "signin":
            return None
        messages.info(request, _("Choose a new password first. Your company support asks for it."))
        return redirect(redirects.asking("portal:password", request.get_full_path()))


def end_others(request: HttpRequest, user: User, context: Context) -> None:
    """Sign a person out everywhere but in this session, and forget their browsers, as they themselves ask."""
    with transaction.atomic():
        enrolments.raise_epoch(user)
        browsers.forget(user)
        audit.record(audit_events.SESSIONS_ENDED, user_id=user.pk, context=context)
        carry_over(request, user)


def carry_over(request: HttpRequest, user: User) -> None:
    """Take this very session into the person's new epoch, after an action of theirs that ends all others.

    Call it last in the transaction of that action, so that both are saved at once. Otherwise another request of the
    same session finds it out of date in between and deletes its row.

    Errors: `SessionInterrupted` when the session was ended meanwhile; the action is then rolled back.
    """
    user.refresh_from_db(fields=["epoch", "password"])
    update_session_auth_hash(request, user)  # changes the key as well
    request.session[KEY] = {**request.session[KEY], "epoch": user.epoch}
    others = Session.objects.filter(user=user).exclude(pk__in=sessions.keys_of(request.session))
    with transaction.atomic(savepoint=False):
        row_locks.hold(Session.objects.filter(user=user))
        try:
            request.session.save()
        except UpdateError as error:
            raise SessionInterrupted from error
        others.delete()

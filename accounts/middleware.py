"""Middleware for sessions: loads them, ends outdated ones, and sets the person's language and time zone."""

import zoneinfo
from collections.abc import Callable
from typing import Any, TypeVar, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY, logout
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.sessions import middleware
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django_otp.middleware import OTPMiddleware

from accounts import access, redirects, session_assurance, sessions
from accounts.models import User
from verification import enrolments
from verification.models import Enrolment

_SIGN_IN = "/sign-in/"  # the path that all sign-in URLs begin with


class SessionMiddleware(middleware.SessionMiddleware):
    """Django's middleware. On sign-in pages it reads the session's challenge in the same statement.

    Other pages don't need the challenge, and the join would cost them a tenth of a millisecond.

    The cookie of a session that isn't there any more stays until a new one replaces it. Django deletes it: if a sign-in
    in another tab changed the key during this request, that would delete the new cookie, and so sign the person out.
    """

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        if request.path_info.startswith(_SIGN_IN):
            sessions.load_with_challenge(request.session)

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        session = request.session
        if session.modified or not session.is_empty():
            return super().process_response(request, response)
        if session.accessed:
            patch_vary_headers(response, ("Cookie",))
        return response


class EnrolmentMiddleware(OTPMiddleware):  # type: ignore[misc]  # django-otp ships no types
    """django-otp's middleware, which reads what verified the session by a compiled statement."""

    def _device_from_persistent_id(self, persistent_id: str) -> Enrolment | None:
        return enrolments.of_session(persistent_id)


class AssuranceMiddleware:
    """End a session, at its next request, if its epoch is over or its user is blocked or locked.

    Also end it if the second step was skipped and the policy would now ask for one, or if anything but our own sign-in
    created it. Must come after the message middleware, because it tells the user.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if SESSION_KEY in request.session and not access.portal_and_staff.portal(request).is_granted:
            logout(request)
            words = _("We signed you out, because your account or its settings have changed. Sign in again.")
            messages.info(request, words, extra_tags="session:ended")
        return self.get_response(request)


class SignInMiddleware(LoginRequiredMiddleware):
    """Redirect to the sign-in and back. A form that was posted is lost; the page then says that nothing was done."""

    def handle_no_permission(self, request: HttpRequest, view_func: Callable[..., Any]) -> HttpResponseRedirect:
        if request.method in {"GET", "HEAD", "OPTIONS"}:
            return super().handle_no_permission(request, view_func)
        return redirect(redirects.asking(settings.LOGIN_URL, redirects.not_done(request.get_full_path())))


class NewPasswordMiddleware:
    """Redirect users who must choose a new password to that page. They can still re-authenticate or sign out."""

    _OPEN = ("portal:password", "sign-out", "oidc:logout", "integrations:host-sign-out", "theme")

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., HttpResponse], *_more: Any) -> HttpResponse | None:
        user = session_assurance.of(request).user if request.session.get(session_assurance.KEY) else None
        match = request.resolver_match
        if user is None or match is None or not user.needs_new_password:
            return None
        if match.view_name in self._OPEN or match.namespace == "signin":
            return None
        without_page = getattr(view, _WITHOUT_PAGE, None)
        if without_page is not None and (answer := without_page(request)) is not None:
            return cast("HttpResponse", answer)
        messages.info(request, _why_new_password(user))
        return redirect(redirects.asking("portal:password", request.get_full_path()))


_WITHOUT_PAGE = "answer_without_page"
View = TypeVar("View", bound=Callable[..., HttpResponse])


def answers_without_page(answer: Callable[[HttpRequest], HttpResponse | None]) -> Callable[[View], View]:
    """Say what a view answers instead of the page for a new password: None if that page may be shown."""

    def mark(view: View) -> View:
        setattr(view, _WITHOUT_PAGE, answer)
        return view

    return mark


def _why_new_password(user: User) -> str:
    if user.must_change_password:
        return _("Set a new password first. The support desk requires it.")
    return _("Set a new password first. Attackers know yours: it’s common, or was exposed in a data breach.")


class PreferencesMiddleware:
    """Set the time zone and language of the signed-in user. A session without assurance sets neither."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = session_assurance.of(request).user if request.session.get(session_assurance.KEY) else None
        if user is not None and user.language:
            translation.activate(user.language)
        zone = _zone(user.time_zone) if user is not None else None
        if zone is None:
            return self.get_response(request)
        with timezone.override(zone):
            return self.get_response(request)


def _zone(name: str) -> zoneinfo.ZoneInfo | None:
    """Return a time zone by name. None if there is no such zone, because zones are renamed and dropped."""
    try:
        return zoneinfo.ZoneInfo(name) if name else None
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return None

"""Middleware that leads people who must set a new password to that page, and says why."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts import redirects
from accounts.models import User
from accounts.sessions import session_assurance


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

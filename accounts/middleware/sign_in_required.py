"""Middleware that redirects to the sign-in and back."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect

from accounts import redirects


class SignInMiddleware(LoginRequiredMiddleware):
    """Redirect to the sign-in and back. A form that was posted is lost; the page then says that nothing was done."""

    def handle_no_permission(self, request: HttpRequest, view_func: Callable[..., Any]) -> HttpResponseRedirect:
        if request.method in {"GET", "HEAD", "OPTIONS"}:
            return super().handle_no_permission(request, view_func)
        return redirect(redirects.asking(settings.LOGIN_URL, redirects.not_done(request.get_full_path())))

"""Views for a password reset: ask for an emailed link, and set a new password with it."""

import time
from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import (
    app_passwords,
    conf,
    password_resets,
    redirects,
    request_context,
)
from accounts.signin.password_forms import NewPasswordForm, ResetForm, accepts_password
from verification.db import pooled_connections
from verification.models import AppPasswordsEnd

_ASK_TAKES = 0.25  # seconds: more than writing 20 emails takes, which would tell a stranger that there are accounts


@login_not_required
@require_http_methods(["GET", "POST"])
def ask_reset(request: HttpRequest) -> HttpResponse:
    """Ask for a name or email address. The answer and its time are the same whether or not there is such an account."""
    form = ResetForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        path, begun = reverse("password-reset"), time.monotonic()
        password_resets.ask(form.cleaned_data["name"], request_context.read(request), path=path)
        pooled_connections.give_back()
        time.sleep(max(0.0, begun + _ASK_TAKES - time.monotonic()))
        return render(request, "accounts/signin/password_reset_sent.html")
    return render(request, "accounts/signin/password_reset_request.html", {"form": form})


def _link_over(request: HttpRequest) -> HttpResponse:
    minutes = conf.password_reset_life() // timedelta(minutes=1)
    return render(request, "accounts/signin/password_reset_link_over.html", {"minutes": minutes}, status=410)


@login_not_required
@require_http_methods(["GET", "POST"])
def reset(request: HttpRequest, handle: str, token: str) -> HttpResponse:
    """Set a new password with an emailed link. The next sign-in still asks for the second step."""
    context = request_context.read(request)
    found = password_resets.open_link(handle, token, context)
    if found is None:
        return _link_over(request)
    form = NewPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and accepts_password(form, found.user):
        if not password_resets.finish(found, form.cleaned_data["new_password"], context):
            return _link_over(request)
        messages.success(request, _("Your new password is set. Sign in with it."), extra_tags="portal:password_reset")
        return redirect(redirects.asking("signin:password", "", username=found.user.get_username()))
    they_end = app_passwords.end_with(found.user, AppPasswordsEnd.REPLACED)
    values = {"form": form, "account": found.user.get_username(), "they_end": they_end}
    return render(request, "accounts/signin/password_reset_new_password.html", values)

"""Views for changing a password and for resetting it with an emailed link."""

import time
from typing import Any

from django.contrib import messages
from django.contrib.auth import password_validation
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import (
    app_passwords,
    hashers,
    password_changes,
    password_resets,
    reauthentication,
    redirects,
    request_context,
    session_assurance,
)
from accounts.models import User
from accounts.portal.forms import NewPasswordForm, PasswordChangeForm, ResetForm
from accounts.session_assurance import AuthedRequest
from verification import limits, outcomes
from verification.db import pooled_connections
from verification.models import AppPasswordsEnd

_ASK_TAKES = 0.25  # seconds: more than writing 20 emails takes, which would tell a stranger that there are accounts


@require_http_methods(["GET", "POST"])
@reauthentication.required_for_own
def change(request: AuthedRequest) -> HttpResponse:
    """Change the password of a user who knows the current one and has recently verified."""
    if not request.user.has_password_here:
        return render(request, "accounts/portal/password_elsewhere.html", {"directory": request.user.directory})
    form, next_url = PasswordChangeForm(request.POST or None), redirects.wanted(request)
    if request.method == "POST" and form.is_valid() and _is_changed(request, form):
        words = _("We changed your password and ended all your other sessions.")
        messages.success(request, words, extra_tags="portal:password_changed")
        is_securing = request.user.securing_since is not None
        return redirect("portal:secure") if is_securing else redirects.go_on(next_url)
    context = {"form": form, "next": next_url, "here": "password", **_app_passwords(request.user)}
    return render(request, "accounts/portal/password.html", context)


def _is_changed(request: AuthedRequest, form: PasswordChangeForm) -> bool:
    """Change the password and return True; otherwise add the reason to the form."""
    if not _is_right(request, form) or not _is_good(form, request.user):
        return False
    if password_changes.change(
        request.user,
        form.cleaned_data["new_password"],
        request_context.read(request),
        also=lambda: session_assurance.carry_over(request, request.user),
    ):
        return True
    form.add_error(None, _("Your password was changed a moment ago. Reload the page to change it again."))
    return False


def _app_passwords(user: User) -> dict[str, Any]:
    kind = AppPasswordsEnd.REPLACED if user.must_change_password else AppPasswordsEnd.ALWAYS
    return {"n_app_passwords": app_passwords.of_person(user).count(), "they_end": app_passwords.end_with(user, kind)}


def _is_right(request: AuthedRequest, form: PasswordChangeForm) -> bool:
    """Check the current password, rate-limited like the one at sign-in."""
    name = request.user.username
    context = request_context.read(request)
    gate = limits.password_gate(name, context)
    if not gate.is_open:
        when = outcomes.when_words(gate.retry_at, context.now)
        form.add_error("password", _("Too many incorrect passwords. Try again %(when)s.") % {"when": when})
        return False
    if not request.user.has_password(form.cleaned_data["password"]):
        form.add_error("password", _("Incorrect password. Enter your current password."))
        return False
    limits.password_accepted(name, context)
    if hashers.composed(form.cleaned_data["password"]) == hashers.composed(form.cleaned_data["new_password"]):
        form.add_error("new_password", _("This is your current password. Choose a different one."))
        return False
    return True


def _is_good(form: NewPasswordForm, user: User) -> bool:
    try:
        password_validation.validate_password(form.cleaned_data["new_password"], user)
    except ValidationError as error:
        form.add_error("new_password", error)
        return False
    return True


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


@login_not_required
@require_http_methods(["GET", "POST"])
def reset(request: HttpRequest, handle: str, token: str) -> HttpResponse:
    """Set a new password with an emailed link. The next sign-in still asks for the second step."""
    context = request_context.read(request)
    found = password_resets.open_link(handle, token, context)
    if found is None:
        return render(request, "accounts/signin/password_reset_link_over.html", status=410)
    form = NewPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _is_good(form, found.user):
        if not password_resets.finish(found, form.cleaned_data["new_password"], context):
            return render(request, "accounts/signin/password_reset_link_over.html", status=410)
        messages.success(request, _("Your new password is set. Sign in with it."), extra_tags="portal:password_reset")
        return redirect(redirects.asking("signin:password", "", username=found.user.get_username()))
    they_end = app_passwords.end_with(found.user, AppPasswordsEnd.REPLACED)
    values = {"form": form, "account": found.user.get_username(), "they_end": they_end}
    return render(request, "accounts/signin/password_reset_new_password.html", values)

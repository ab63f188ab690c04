"""View for changing one's own password, which asks for the current one."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import app_passwords, hashers, password_changes, reauthentication, redirects, request_context
from accounts.models import User
from accounts.portal.password_change_form import PasswordChangeForm
from accounts.sessions import ending_sessions
from accounts.sessions.session_assurance import AuthedRequest
from accounts.signin.password_forms import accepts_password
from verification import limits, outcomes
from verification.models import AppPasswordsEnd


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
    return render(request, "accounts/portal/password_change.html", context)


def _is_changed(request: AuthedRequest, form: PasswordChangeForm) -> bool:
    """Change the password and return True; otherwise add the reason to the form."""
    if not _is_right(request, form) or not accepts_password(form, request.user):
        return False
    if password_changes.change(
        request.user,
        form.cleaned_data["new_password"],
        request_context.read(request),
        also=lambda: ending_sessions.carry_over(request, request.user),
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

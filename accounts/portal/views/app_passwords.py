"""Views of a user's app passwords: list, create, delete."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts import app_passwords, reauthentication, request_context
from accounts.app_passwords import programs
from accounts.portal.forms import AppPasswordForm
from accounts.session_assurance import AuthedRequest
from verification import policies


@require_GET
def index(request: AuthedRequest) -> HttpResponse:
    """List the app passwords, including suspended ones, and the programs that keep failing."""
    now = request_context.read(request).now
    mine = [(row, programs.program(row.program)) for row in app_passwords.of_person(request.user)]
    is_allowed = policies.rules_for(request.user.pk).app_passwords
    context = {
        "mine": mine,
        "now": now,
        "is_allowed": is_allowed,
        "may_make": is_allowed and request.user.securing_since is None,
        "is_full": len(mine) >= app_passwords.MAX_PER_PERSON,
        "most": app_passwords.MAX_PER_PERSON,
        "stale": app_passwords.stale_of(request.user, now=now),
        "here": "app-passwords",
    }
    return render(request, "accounts/portal/app_passwords.html", context)


@require_http_methods(["GET", "POST"])
@reauthentication.required_for_own
def make(request: AuthedRequest) -> HttpResponse:
    """Create an app password. It is shown in the response to the POST and nowhere else."""
    if not app_passwords.may_make(request.user):
        return redirect("portal:app-passwords")
    form = AppPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        here = request_context.read(request)
        try:
            secret = app_passwords.issue(request.user, here, **form.fields_of_issue(here.now))
        except app_passwords.Full:
            words = _("You have as many app passwords as a person may have. Delete one first.")
            messages.warning(request, words, extra_tags="portal:app_passwords_full")
            return redirect("portal:app-passwords")
        except app_passwords.Off:
            words = _("Nothing was made: your account or its settings changed just now.")
            messages.warning(request, words, extra_tags="portal:changed_meanwhile")
            return redirect("portal:app-passwords")
        context = {
            "secret": secret,
            "name": form.cleaned_data["name"],
            "program": programs.program(form.cleaned_data["program"]),
            "here": "app-passwords",
        }
        return render(request, "accounts/portal/app_password_shown.html", context)
    return render(request, "accounts/portal/app_password_make.html", {"form": form, "here": "app-passwords"})


@require_http_methods(["GET", "POST"])
@reauthentication.required_for_own
def delete(request: AuthedRequest, ref: str = "") -> HttpResponse:
    """Delete one app password, or all, after confirmation."""
    mine = app_passwords.of_person(request.user)
    named = mine.filter(ref=ref).first() if ref else None
    if ref and named is None:
        raise Http404
    if request.method == "POST":
        app_passwords.revoke(request.user, request_context.read(request), ref=ref)
        messages.success(request, _("Deleted. Programs that use it are refused from now on."))
        return redirect("portal:app-passwords")
    context = {"named": named, "count": mine.count(), "here": "app-passwords"}
    return render(request, "accounts/portal/app_password_delete.html", context)

"""Views of “This wasn’t me”: secure an account, the steps that remain, and restore access."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts import activity_lines_from_audit_events, reauthentication, redirects, request_context
from accounts import (
    sign_in_and_password_audit_events as audit_events,
)
from accounts.portal import this_wasnt_me_effects
from accounts.sessions import ending_sessions
from accounts.sessions.session_assurance import AuthedRequest
from verification import audit, inputs

_MAX_EVENTS_SEARCHED = 30  # newest events among which the one is that someone didn't cause
_NEW_PASSWORD = (audit_events.PASSWORD_CHANGED, audit_events.PASSWORD_RESET)


@require_http_methods(["GET", "POST"])
def this_wasnt_me(request: AuthedRequest) -> HttpResponse:
    """Explain what securing the account does, and do it on POST."""
    about = inputs.shortened(request.POST.get("about", request.GET.get("about")), max_length=32)
    if request.method == "POST":
        with transaction.atomic():
            this_wasnt_me_effects.begin(request.user, request_context.read(request), about=about)
            ending_sessions.carry_over(request, request.user)
        return redirect("portal:secure")
    newest = activity_lines_from_audit_events.entries(
        audit.of_person(request.user.pk, of=audit.user_events(), most=_MAX_EVENTS_SEARCHED)
    )
    entry = next((each for each in newest if each.ref == about), None)
    return render(request, "accounts/portal/this_wasnt_me.html", {"about": about, "entry": entry, "here": "activity"})


@require_GET
def secure(request: AuthedRequest) -> HttpResponse:
    """Show the remaining recovery steps."""
    begun = request.user.securing_since
    newest = audit.of_person(request.user.pk, of=_NEW_PASSWORD, most=1)
    changed = any(event.at >= begun for event in newest if begun)
    context = {
        "begun": begun,
        "is_fresh": reauthentication.is_fresh(request, within=reauthentication.OWN_MAX_AGE),
        "has_new_password": changed,
        "here": "activity",
    }
    return render(request, "accounts/portal/this_wasnt_me_steps.html", context)


@require_http_methods(["GET", "POST"])
@reauthentication.required_for_own
@redirects.button_on("portal:secure")
def secured(request: AuthedRequest) -> HttpResponse:
    """End the securing of an account. The user has recently verified."""
    this_wasnt_me_effects.end(request.user, request_context.read(request))
    words = _("You have full access again. Your app passwords work.")
    messages.success(request, words, extra_tags="portal:access_restored")
    return redirect("portal:home")

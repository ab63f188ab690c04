"""Views of account activity, and of securing an account when the user did not do something listed there."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts import activity, audit_events, reauthentication, redirects, request_context, session_assurance
from accounts.portal import recent_caller_checks, secure_account
from accounts.session_assurance import AuthedRequest
from verification import audit, inputs

_PAGE_SIZE = 30  # events
_NEW_PASSWORD = (audit_events.PASSWORD_CHANGED, audit_events.PASSWORD_RESET)


@require_GET
def index(request: AuthedRequest) -> HttpResponse:
    """List sign-ins and changes, newest first."""
    before = inputs.number(request.GET.get("before")) or 0
    events = audit.of_person(request.user.pk, of=audit.user_events(), before=before, most=_PAGE_SIZE)
    context = {
        "entries": activity.entries(events),
        "before": events[-1].pk if len(events) == _PAGE_SIZE else None,
        "here": "activity",
    }
    return render(request, "accounts/portal/activity.html", context)


@require_http_methods(["GET", "POST"])
def this_wasnt_me(request: AuthedRequest) -> HttpResponse:
    """Explain what securing the account does, and do it on POST."""
    about = inputs.shortened(request.POST.get("about", request.GET.get("about")), max_length=32)
    if request.method == "POST":
        with transaction.atomic():
            secure_account.begin(request.user, request_context.read(request), about=about)
            session_assurance.carry_over(request, request.user)
        return redirect("portal:secure")
    newest = activity.entries(audit.of_person(request.user.pk, of=audit.user_events(), most=_PAGE_SIZE))
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
    secure_account.end(request.user, request_context.read(request))
    words = _("You have full access again. Your app passwords work.")
    messages.success(request, words, extra_tags="portal:access_restored")
    return redirect("portal:home")


@require_GET
def support(request: AuthedRequest) -> HttpResponse:
    """Answer “Is this really support?”: anyone who is not listed here did not ask through us."""
    checks = recent_caller_checks.lately(request.user, now=request_context.read(request).now)
    return render(request, "accounts/portal/is_this_support.html", {"checks": checks, "here": "activity"})

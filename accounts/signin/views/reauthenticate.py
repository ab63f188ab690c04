"""The view where a signed-in user verifies again before a sensitive action."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts import access, reauthentication, redirects, request_context
from accounts.access import stepping_up
from accounts.sessions.session_assurance import AuthedRequest
from accounts.signin import challenge_in_progress, verifying_again
from accounts.signin.views import shared_by_second_step_views
from verification import policies
from verification.models import Purpose
from verification.policies import DecisionReason


@require_http_methods(["GET", "POST"])
def reauthenticate(request: AuthedRequest) -> HttpResponse:
    """Offer the user's options. The chosen one is asked on the same page as at sign-in. A GET sends nothing."""
    context = request_context.read(request)
    next_url, about = redirects.wanted(request), stepping_up.of(request)
    decision = policies.decide(request.user, context)
    # A method that policy no longer allows isn't enough here. At sign-in, it only lets people set up another one.
    allowed = () if decision.reason is DecisionReason.METHOD_NOT_ALLOWED else decision.options
    options = [option for option in allowed if not option.is_locked and not option.unavailable_reason]
    if about is not None:
        options = [option for option in options if option.method in about.methods]
    # If none of their methods can be used now, a sign-in can't use them either.
    signs_in_again = not allowed or decision.reason is DecisionReason.NOT_REQUIRED
    if not options and about is None and signs_in_again:
        messages.info(request, _("Sign in again to continue."))
        return redirect(redirects.asking("sign-out", next_url))
    more = {stepping_up.FOR: about.signed} if about else {}
    chosen = next((option for option in options if option.ref == request.POST.get("option")), None)
    if chosen is not None:
        pending = verifying_again.ask_again(
            request,
            request.user,
            context,
            purpose=Purpose.FRESH,
            next_url=next_url,
            step_up=about.signed if about else "",
        )
        outcome = challenge_in_progress.ask(
            request.user, pending, chosen, context, decision, mode=request.POST.get("mode", "")
        )
        if outcome.issued:
            shared_by_second_step_views.asked(request, pending, outcome, context)
            return redirect(redirects.asking("signin:verify", next_url))
        shared_by_second_step_views.show_outcome(request, outcome, context)
    values = {
        "options": options,
        "unavailable": [] if options else [o for o in allowed if about is None or o.method in about.methods],
        "next": next_url,
        "action": redirects.asking("signin:reauthenticate", next_url, **more),
        "step_up": about,
        "why": about.why if about else _why(request, next_url),
        "is_staff_page": about is None and _is_staff_page(request, next_url),
    }
    return render(request, "accounts/signin/reauthenticate.html", values)


def _is_staff_page(request: AuthedRequest, url: str) -> bool:
    """Return whether the address is a staff page and this session opens staff pages: going back there needs no more."""
    return url.startswith(reverse("admin:index")) and access.portal_and_staff_access.staff(request).is_granted


def _why(request: AuthedRequest, next_url: str) -> str:
    """Say what the verification is for: the staff pages, a change there, or a change of one's own account."""
    if not next_url.startswith(reverse("admin:index")):
        text = _("Verify again before you change your account. You then return to what you were doing.")
    elif _is_staff_page(request, next_url):
        minutes = int(reauthentication.MAX_AGE.total_seconds() // 60)
        text = ngettext(
            "To make changes on the staff pages, you must have verified in the last %(n)d minute.",
            "To make changes on the staff pages, you must have verified in the last %(n)d minutes.",
            minutes,
        ) % {"n": minutes}
    else:
        text = _("The staff pages need a second step each time you sign in, even in a remembered browser.")
    return text

"""The page to choose another method at sign-in."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts import redirects
from accounts.access import stepping_up
from accounts.signin import challenge_in_progress
from accounts.signin.pending_sign_in import Pending
from accounts.signin.views import shared_by_second_step_views
from accounts.signin.views.verify import show
from verification import policies
from verification.context import Context
from verification.enrolments import Option
from verification.models import Purpose
from verification.policies import Decision, SignInStep


@require_http_methods(["GET", "POST"])
@shared_by_second_step_views.half_signed_in_required
def choose_method(request: HttpRequest, pending: Pending, context: Context) -> HttpResponse:
    """List the user's options. Choosing one replaces the current challenge."""
    if pending.is_first:
        return redirect("signin:register")
    if pending.purpose not in {Purpose.SIGN_IN, Purpose.FRESH}:
        return redirect("signin:verify") if pending.handle else redirects.go_on(pending.next)
    user = shared_by_second_step_views.person_or_out(request, pending, context)
    if isinstance(user, HttpResponse):
        return user
    everything = policies.decide(user, context)
    decision = challenge_in_progress.narrowed(everything, pending.step_up, context)
    if decision.step is SignInStep.DENY:
        return shared_by_second_step_views.sign_in_refused(request, decision.reason)
    next_url = redirects.wanted(request)
    if request.method == "POST" and (chosen := _chosen(request, decision)):
        outcome = challenge_in_progress.ask(user, pending, chosen, context, decision, mode=request.POST.get("mode", ""))
        if outcome.issued:
            shared_by_second_step_views.asked(request, pending, outcome, context)
            return redirect(redirects.asking("signin:verify", next_url))
        shared_by_second_step_views.show_outcome(request, outcome, context)
        return redirect(redirects.asking("signin:options", next_url))
    shown = show(request, pending, context)
    current = shown.ref if shown and shown.is_alive else ""
    return render(
        request,
        "accounts/signin/choose_method.html",
        {
            "options": decision.options,
            "current": current,
            "pending": pending,
            "account": user.get_username(),
            "carried": redirects.carried(request),
            "step_up": stepping_up.read(pending.step_up) if decision.options != everything.options else None,
        },
    )


def _chosen(request: HttpRequest, decision: Decision) -> Option | None:
    ref = request.POST.get("option", "")
    return next((option for option in decision.options if option.ref == ref), None)

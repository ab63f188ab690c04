"""Views for signing in with a passkey alone, without username and password, where policy allows it."""

from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import redirects, request_context
from accounts.signin import (
    challenge_in_progress,
    completing_sign_in,
    passwordless_permission_and_check,
    setting_browser_cookies,
)
from accounts.signin.views import shared_by_second_step_views
from verification import challenges
from verification.outcomes import Outcome, Verdict

_OFFER_LIFE = timedelta(minutes=5)


@login_not_required
@require_POST
def passwordless_options(request: HttpRequest) -> HttpResponse:
    """Return the options that the browser needs to ask for a passkey. A cookie keeps the nonce for one answer."""
    now = request_context.read(request).now
    offer = challenges.offer_passwordless(now)
    if offer is None:
        return HttpResponse(status=404)
    response = HttpResponse(offer.show["options"], content_type="application/json")
    setting_browser_cookies.keep_offer(response, offer.nonce, until=now + _OFFER_LIFE)
    return response


@login_not_required
@redirects.button_on("signin:password")
@require_POST
def passwordless(request: HttpRequest) -> HttpResponse:
    """Check the passkey and sign its owner in. All refusals look the same."""
    response = _answered(request)
    setting_browser_cookies.forget_offer(response)
    return response


def _answered(request: HttpRequest) -> HttpResponse:
    context = request_context.read(request)
    next_url = redirects.wanted(request)
    kept = setting_browser_cookies.offer(request)
    answer = request.POST.get("code", "")
    outcome = Outcome(verdict=Verdict.GONE)
    if kept is not None:
        outcome = passwordless_permission_and_check.prove_passwordless(
            answer, context, nonce=kept.nonce, until=kept.until
        )
    if outcome.proven and outcome.enrolment is not None:
        user = challenge_in_progress.proven_person(outcome)
        return completing_sign_in.finish(
            request, user, context, next_url=next_url, why="alone", password_at=None, enrolment=outcome.enrolment
        )
    if outcome.verdict in {Verdict.WAIT, Verdict.OFF}:
        shared_by_second_step_views.show_outcome(request, outcome, context)
    else:
        words = _("That passkey didn’t sign you in. Sign in with your password.")
        messages.warning(request, words, extra_tags="sign_in:passkey_refused")
    return redirect(redirects.asking("signin:password", next_url))

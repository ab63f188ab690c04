"""The view with which a user tries a method out before they need it."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts import redirects, request_context
from accounts.portal.views import methods
from accounts.sessions.session_assurance import AuthedRequest
from accounts.signin import verifying_again
from accounts.signin.views import shared_by_second_step_views
from verification import challenges, policies
from verification.models import Enrolment, Purpose


@redirects.button_on("portal:methods")
@require_POST
def try_out(request: AuthedRequest, ref: str) -> HttpResponse:
    """Start a verification only to try a method out."""
    return _try_out(request, ref)


@methods.mine
def _try_out(request: AuthedRequest, enrolment: Enrolment) -> HttpResponse:
    context = request_context.read(request)
    place = reverse("portal:methods")
    pending = verifying_again.ask_again(request, request.user, context, purpose=Purpose.SELF_TEST, next_url=place)
    outcome = challenges.start(
        enrolment,
        user=request.user,
        purpose=Purpose.SELF_TEST,
        binding=pending.id,
        context=context,
        rules=policies.rules_for(request.user.pk),
        mode=request.POST.get("mode", ""),
        replaces=pending.handle,
    )
    if not outcome.issued:
        shared_by_second_step_views.show_outcome(request, outcome, context)
        return redirect("portal:methods")
    shared_by_second_step_views.asked(request, pending, outcome, context)
    return redirect("signin:verify")

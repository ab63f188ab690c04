"""Views of a message on its way: its state, and sending a new code."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.views.decorators.http import require_GET, require_POST

from accounts import redirects
from accounts.signin import pending_sign_in
from accounts.signin.pending_sign_in import Pending
from accounts.signin.views import shared_by_second_step_views
from accounts.signin.views.verify import show
from verification import challenges
from verification.context import Context
from verification.delivery import message_status_words
from verification.models import ChallengeState


@require_GET
@shared_by_second_step_views.half_signed_in_required
def status(request: HttpRequest, pending: Pending, context: Context) -> HttpResponse:
    """Tell a waiting page the state of the message, and whether the call was approved."""
    shown = show(request, pending, context)
    if shown is None or request.GET.get(pending_sign_in.FORM, pending.ticket) != pending.ticket:
        return JsonResponse({"state": "gone", "words": "", "done": False, "reload": True})
    report = message_status_words.explain(shown.message)
    is_approved = shown.state == ChallengeState.APPROVED and shown.is_alive
    was_alive, has_failed = request.GET.get("alive") == "1", shown.is_approval and report.is_bad
    is_news = has_failed and request.GET.get("failed") != "1"  # the page still explains how to answer the call
    hint = {"report": report, "pending": pending}
    return JsonResponse(
        {
            "state": shown.message.state if shown.message else shown.state,
            "words": report.words,
            "html": "" if has_failed else render_to_string("accounts/signin/parts/article_if_message_fails.html", hint),
            "done": is_approved,
            "reload": was_alive and (is_news or not shown.is_alive) and not is_approved,
        }
    )


@shared_by_second_step_views.half_signed_in_required
@redirects.button_on("signin:verify")
@require_POST
def resend(request: HttpRequest, pending: Pending, context: Context) -> HttpResponse:
    """Send a new code. Older codes stop working."""
    user = shared_by_second_step_views.person_or_out(request, pending, context)
    if isinstance(user, HttpResponse):
        return user
    outcome = challenges.resend(pending.handle, binding=pending.id, context=context)
    shared_by_second_step_views.show_outcome(request, outcome, context)
    if pending.is_first:
        return redirect("signin:register-prove")
    return redirect(redirects.asking("signin:verify", redirects.wanted(request)))

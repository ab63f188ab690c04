"""Shared code of the views between password and second step: who may open them, and how an outcome is shown."""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts import redirects, request_context
from accounts.models import User
from accounts.sessions import session_assurance
from accounts.signin import challenge_in_progress, pending_sign_in, sign_in_refusal_words
from accounts.signin.pending_sign_in import Pending
from verification import method_registry, outcomes, policies
from verification.context import Context
from verification.method_capabilities import Delivered
from verification.models import Purpose
from verification.models.user_protocol import Person
from verification.outcomes import Outcome, Verdict

P = ParamSpec("P")
Page = Callable[Concatenate[HttpRequest, Pending, Context, P], HttpResponse]


def half_signed_in_required(view: Page[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Open a view to half signed-in sessions only. Anyone else starts with the password."""

    @login_not_required
    @wraps(view)
    def page(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        context = request_context.read(request)
        was_open, next_url = pending_sign_in.is_kept(request), _next_url(request)
        pending = pending_sign_in.read(request, now=context.now)
        if pending is None:
            # Nothing took too long for someone who only opens this URL.
            return _begin_again(request, next_url, with_words=was_open or request.method == "POST")
        if pending_sign_in.is_stale(request, pending):
            return stale(request)
        return view(request, pending, context, *args, **kwargs)

    return page


def _next_url(request: HttpRequest) -> str:
    """Return the page that follows: the one that the URL names, or else that of the session's verification."""
    return redirects.wanted(request) or pending_sign_in.next_url(request)


def stale(request: HttpRequest) -> HttpResponse:
    """Redirect a form from an outdated page to the current verification, without checking or doing anything."""
    words = _("That page was from an older verification. Nothing was checked or changed. This is the current one.")
    messages.info(request, words, extra_tags="verdict:replaced")
    return redirect(redirects.asking("signin:verify", redirects.wanted(request)))


def _begin_again(request: HttpRequest, next_url: str, *, with_words: bool) -> HttpResponse:
    is_signed_in = session_assurance.of(request).is_signed_in
    if with_words:
        took_long = _("That took too long, or you finished it in another tab. Start again.")
        ended = _("This sign-in took too long or was ended. Sign in again.")
        messages.info(request, took_long if is_signed_in else ended, extra_tags="sign_in:ended")
    if not request.accepts("text/html"):  # the script of a waiting page: have it reload the page
        return JsonResponse({"state": "gone", "words": "", "done": False, "reload": True})
    return redirects.go_on(next_url) if is_signed_in else redirect(redirects.asking("signin:password", next_url))


def person_or_out(
    request: HttpRequest, pending: Pending, context: Context, *, read: Person | None = None
) -> User | HttpResponse:
    """Return the user of a verification in progress, or a response if their account has changed since it began.

    `read` is the user of its challenge, if this request has read it already.
    """
    user = challenge_in_progress.person(pending) if read is None else challenge_in_progress.unchanged(read, pending)
    if user is not None and (why := policies.refusal(user, context.now)):
        answer = sign_in_refused(request, why)
        pending_sign_in.wipe(request)
        return answer
    if user is None or (pending.purpose != Purpose.SIGN_IN and session_assurance.of(request).user != user):
        return out(request, _("Your account has changed. Sign in again."))
    return user


def out(request: HttpRequest, words: str) -> HttpResponse:
    """Abandon a verification in progress and tell the user why."""
    next_url = _next_url(request)
    pending_sign_in.wipe(request)
    messages.info(request, words, extra_tags="sign_in:account_changed")
    return redirect(redirects.asking("signin:password", next_url))


def show_outcome(request: HttpRequest, outcome: Outcome, context: Context) -> None:
    """Add a message about a refusal, for the next page."""
    words = outcomes.words(outcome, now=context.now)
    say = messages.info if outcome.issued else messages.warning
    say(request, f"{words.title}. {words.text}", extra_tags="" if outcome.issued else f"verdict:{outcome.verdict}")


def asked(request: HttpRequest, pending: Pending, outcome: Outcome, context: Context) -> None:
    """Store a challenge that was issued. If it was already running, tell the user that nothing new was sent."""
    pending_sign_in.keep(request, pending.with_(handle=outcome.handle), challenge=outcome.challenge)
    if outcome.retry_at and method_registry.has(outcome.method, Delivered):
        show_outcome(request, replace(outcome, verdict=Verdict.TOO_SOON), context)


def choose_again(request: HttpRequest, pending: Pending) -> HttpResponse:
    """Redirect a verification that has no challenge, or one that can't be answered any more, to its methods."""
    if pending.handle:
        words = _("You can’t use that method any more. Choose another one.")
        messages.info(request, words, extra_tags="sign_in:method_gone")
    if pending.is_first:
        return redirect("signin:register")
    if pending.purpose in {Purpose.SIGN_IN, Purpose.FRESH}:
        return redirect(redirects.asking("signin:options", redirects.wanted(request)))
    return redirects.go_on(pending.next)


def sign_in_refused(request: HttpRequest, why: str) -> HttpResponse:
    """Show that the user cannot sign in now, and who can help."""
    next_url = _next_url(request)
    context = {
        "why": why,
        "sign_in": redirects.asking("signin:password", next_url),
        **sign_in_refusal_words.refused(why),
    }
    return render(request, "accounts/signin/sign_in_refused.html", context, status=403)

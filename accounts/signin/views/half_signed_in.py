"""Shared code of the views between password and second step: who may open them, and how an outcome is shown."""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts import provisioning, redirects, request_context, session_assurance
from accounts.models import User
from accounts.signin import flow, pending_sign_in
from accounts.signin.pending_sign_in import Pending
from verification import outcomes, phone_numbers, policies, registry
from verification.capabilities import Delivered
from verification.context import Context
from verification.models import Purpose
from verification.models.person import Person
from verification.outcomes import Outcome, Verdict
from verification.policies import DecisionReason

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
    user = flow.person(pending) if read is None else flow.unchanged(read, pending)
    if user is not None and (why := policies.refusal(user, context.now)):
        answer = no_option(request, why)
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
    if outcome.retry_at and registry.has(outcome.method, Delivered):
        show_outcome(request, replace(outcome, verdict=Verdict.TOO_SOON), context)


def no_option(request: HttpRequest, why: str) -> HttpResponse:
    """Show that the user cannot sign in now, and who can help."""
    next_url = _next_url(request)
    context = {"why": why, "sign_in": redirects.asking("signin:password", next_url), **_words(why)}
    return render(request, "accounts/signin/sign_in_refused.html", context, status=403)


def _words(why: str) -> dict[str, Any]:
    table = {
        DecisionReason.BLOCKED: (
            _("Your account is blocked"),
            _("Nobody can sign in to it until your support desk unblocks it. Contact them to find out why."),
        ),
        DecisionReason.LOCKED: (
            _("Your second step is locked"),
            _(
                "Someone pressed 0# in a call about your sign-in to report fraud, or your support desk locked it. It "
                "stays locked until they unlock it. Contact them."
            ),
        ),
        DecisionReason.ALL_OFF: (
            _("All your methods are locked"),
            _("There were too many incorrect codes. They stay locked until your support desk unlocks them."),
        ),
    }
    title, text = table.get(DecisionReason(why), table[DecisionReason.BLOCKED])
    return {"title": title, "text": text}


SUGGESTION = "suggestion"  # the name of the button that uses a number of the person's directory


def entered(request: HttpRequest, user: User) -> dict[str, Any]:
    """Return what was entered to set up a method. A suggested number stands for the one that nobody typed."""
    fields: dict[str, Any] = request.POST.dict()
    if SUGGESTION not in fields:
        return fields
    number = provisioning.number_of(user, fields[SUGGESTION])
    return fields | {"number": number, "country": phone_numbers.country(number) if number else ""}


def again(request: HttpRequest, form_class: type[forms.Form], fields: dict[str, Any], outcome: Outcome) -> forms.Form:
    """Return the form of a method with its problems. A suggested number isn't shown in it, because it is masked."""
    if SUGGESTION not in request.POST:
        return with_problems(form_class(data=fields), outcome)
    words = [problem for problems in outcome.problems.values() for problem in problems]
    told = words[0] if words else _("This number can’t be used. Enter another one.")
    messages.error(request, told, extra_tags="sign_in:suggestion_refused")
    return form_class()


def with_problems(form: forms.Form, outcome: Outcome) -> forms.Form:
    """Add the engine's errors to the fields of a form, where the form itself found none."""
    for name, words in outcome.problems.items():
        if name in form.fields and name not in form.errors:
            form.add_error(name, list(words))
    return form

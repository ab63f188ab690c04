"""View of the first step: username and password."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import ldap_directories, redirects, request_context
from accounts.access import stepping_up
from accounts.models import User
from accounts.sessions import session_assurance, session_store
from accounts.signin import (
    after_correct_password,
    completing_sign_in,
    incorrect_password_words,
    password_step,
    pending_sign_in,
    setting_browser_cookies,
)
from accounts.signin.after_correct_password import Begun
from accounts.signin.password_forms import PasswordForm
from accounts.signin.pending_sign_in import Pending
from accounts.signin.views import shared_by_second_step_views, sign_out_and_cancel
from verification import challenges, inputs, policies
from verification.context import Context
from verification.models import Challenge
from verification.outcomes import when_words
from verification.policies import DecisionReason, SignInStep

_MAX_USERNAME_LENGTH = 150  # characters


@login_not_required
@require_http_methods(["GET", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """Ask for username and password. A correct password leads to the second step."""
    next_url = redirects.wanted(request)
    if request.method == "GET":
        if session_assurance.of(request).is_signed_in:
            return redirects.go_on(next_url)
        if sign_out_and_cancel.SIGNED_OUT in request.GET:
            messages.success(request, _("You’ve signed out."), extra_tags="session:signed_out")
        elif redirects.is_not_done(next_url):
            words = _("You’re no longer signed in, so nothing was changed. Sign in to continue.")
            messages.info(request, words, extra_tags="sign_in:undone")
        return _page(request, PasswordForm(initial={"username": _hint(request)}), next_url)
    form = PasswordForm(request.POST)
    if not form.is_valid():
        return _page(request, form, next_url)
    context = request_context.read(request)
    first = password_step.check(form.cleaned_data["username"], form.cleaned_data["password"], context)
    if first.user is None:
        form.add_error(None, _refusal(first, context))
        return _page(request, form, next_url, about=_about(first))
    return _go_on(request, first.user, first.name, context, next_url)


def _hint(request: HttpRequest) -> str:
    """Return the username that an application expects (`login_hint`). It only fills in the field."""
    return inputs.shortened(request.GET.get("username", ""), max_length=_MAX_USERNAME_LENGTH)


def _page(request: HttpRequest, form: PasswordForm, next_url: str, *, about: str = "") -> HttpResponse:
    context = {
        "about": about,
        "form": form,
        "next": next_url,
        "step_up": stepping_up.of(request),
        "passwordless": challenges.offer_passwordless(timezone.now()) if policies.is_passwordless_allowed() else None,
    }
    return render(request, "accounts/signin/password.html", context)


def _refusal(first: password_step.FirstStep, context: Context) -> str:
    if first.gate.is_open:
        return str(ldap_directories.WORDS.get(first.answer) or incorrect_password_words.INCORRECT_PASSWORD)
    return incorrect_password_words.too_many_passwords(when_words(first.gate.retry_at, context.now))


def _about(first: password_step.FirstStep) -> str:
    """Return the outcome that an article is about."""
    if not first.gate.is_open:
        return "password_waits"
    return f"directory_{first.answer}" if first.answer in ldap_directories.WORDS else "password_wrong"


def _go_on(request: HttpRequest, user: User, name: str, context: Context, next_url: str) -> HttpResponse:
    """Change the session key, because its rights rise, and redirect as decided."""
    about = stepping_up.of(request)

    def keep(pending: Pending, challenge: Challenge | None) -> None:
        request.session.cycle_key()
        pending_sign_in.keep(request, pending, challenge=challenge)
        session_store.keep(request.session)

    begun = after_correct_password.begin(
        user,
        context,
        next_url=next_url,
        former=pending_sign_in.read(request, now=context.now),
        step_up=about.signed if about else "",
        name=name,
        keep=keep,
    )
    response = _way(request, user, context, begun, next_url)
    if begun.browser_token:
        # Whatever was decided, the old token is used up: a browser that showed it again would count as copied.
        setting_browser_cookies.remember(response, begun.browser_token, days=begun.decision.rules.remember_days)
    return response


def _way(request: HttpRequest, user: User, context: Context, begun: Begun, next_url: str) -> HttpResponse:
    if begun.decision.step is SignInStep.DENY:
        return shared_by_second_step_views.sign_in_refused(request, begun.decision.reason)
    if begun.decision.step is SignInStep.ALLOW:
        request.session.cycle_key()
        why = begun.decision.reason
        return completing_sign_in.finish(request, user, context, next_url=next_url, why=why, password_at=context.now)
    if begun.decision.reason is DecisionReason.METHOD_NOT_ALLOWED:
        words = _("Your organisation no longer allows this method. Verify with it once more, then set up another one.")
        messages.info(request, words, extra_tags="sign_in:method_not_allowed")
    if begun.trouble:
        shared_by_second_step_views.show_outcome(request, begun.trouble, context)
    return redirect(_place(begun, next_url))


def _place(begun: Begun, next_url: str) -> str:
    if begun.decision.step is SignInStep.ENROL:
        return reverse("signin:register")
    # A sign-in in another tab may have begun before this one: the session names where that one goes on.
    is_second_tab = begun.pending is not None and begun.pending.next != next_url
    named = next_url or (redirects.start_page() if is_second_tab else "")
    return redirects.asking("signin:options" if begun.trouble else "signin:verify", named)

"""Views that end something: sign out, and cancel a verification in progress."""

from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts import redirects, request_context
from accounts.sessions import ending_sessions, session_assurance
from accounts.signin import (
    pending_sign_in,
)
from accounts.signin.views import shared_by_second_step_views
from verification import challenges

SIGNED_OUT = "signed-out"  # query parameter of the sign-in page, which then says so


@login_not_required
@redirects.button_on("signin:verify")
@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Abandon a verification in progress."""
    now, next_url = timezone.now(), redirects.wanted(request) or pending_sign_in.next_url(request)
    if (pending := pending_sign_in.read(request, now=now)) is not None:
        if pending_sign_in.is_stale(request, pending):
            return shared_by_second_step_views.stale(request)
        challenges.abandon(pending.handle, binding=pending.id, now=now)
    pending_sign_in.wipe(request)
    if session_assurance.of(request).is_signed_in:
        return redirects.go_on(next_url)
    return redirect(redirects.asking("signin:password", next_url))


@login_not_required
@require_http_methods(["GET", "POST"])
def sign_out(request: HttpRequest) -> HttpResponse:
    """Sign out by POST. A GET asks for confirmation, because a link must not end a session."""
    here, next_url = session_assurance.of(request), redirects.wanted(request)
    if request.method == "GET" and not here.is_signed_in:
        return redirect(redirects.asking("signin:password", next_url))
    if request.method == "GET":
        return render(request, "accounts/signin/sign_out.html", {"next": next_url})
    if here.user is not None:
        ending_sessions.sign_out(request.session, here.user, request_context.read(request))
    logout(request)
    # Told in the URL, which needs no cookie.
    return redirect(redirects.asking("signin:password", next_url, **{SIGNED_OUT: "1"}))

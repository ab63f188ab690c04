"""Views of a user's remembered browsers and sessions."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts import redirects, request_context
from accounts.sessions import ending_sessions, running_sessions, session_store
from accounts.sessions.session_assurance import AuthedRequest
from verification import browsers
from verification.browsers import user_agents


@require_GET
def index(request: AuthedRequest) -> HttpResponse:
    """List where the user is remembered and signed in."""
    context = request_context.read(request)
    here = session_store.ref_of(request.session)
    remembered = browsers.of_person(request.user, now=context.now)
    signed_in = running_sessions.running(request.user, context.now)
    values = {
        "browsers": [(b, user_agents.name(b.agent), browsers.is_this(b, context.browser)) for b in remembered],
        "sessions": [(s, user_agents.name(s.agent), s.ref == here) for s in signed_in],
        "here": "browsers",
    }
    return render(request, "accounts/portal/browsers_and_sessions.html", values)


@redirects.button_on("portal:browsers")
@require_POST
def forget(request: AuthedRequest, ref: str = "") -> HttpResponse:
    """Forget one browser or all. Needs no recent verification, because it only removes access."""
    context = request_context.read(request)
    if not browsers.forget_own(request.user, context, ref=ref) and ref:
        raise Http404
    words = _("Removed. We’ll ask for the second step there again.")
    messages.success(request, words, extra_tags="portal:browser_removed")
    response = redirect("portal:browsers")
    if not ref and not browsers.is_shared(context.browser):
        response.delete_cookie(settings.BROWSER_COOKIE_NAME)
    return response


@redirects.button_on("portal:browsers")
@require_POST
def end_session(request: AuthedRequest, ref: str) -> HttpResponse:
    """End one of the user's other sessions."""
    context = request_context.read(request)
    found = running_sessions.own(request.user, ref)
    if found is None:
        raise Http404
    if found.ref == session_store.ref_of(request.session):
        return redirect("sign-out")
    ending_sessions.end_own(found, request.user, context)
    messages.success(request, _("We ended that session."), extra_tags="portal:session_ended")
    return redirect("portal:browsers")


@redirects.button_on("portal:browsers")
@require_POST
def end_all(request: AuthedRequest) -> HttpResponse:
    """Sign out everywhere else and forget all remembered browsers."""
    ending_sessions.end_others(request, request.user, request_context.read(request))
    words = _("We ended all your other sessions and removed your remembered browsers.")
    messages.success(request, words, extra_tags="portal:sessions_ended")
    return redirect("portal:browsers")

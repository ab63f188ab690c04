"""A person's remembered browsers and sign-ins, one by one and all at once."""

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts import redirects, request_context, session_assurance, sessions
from accounts.models import Session
from accounts.session_assurance import AuthedRequest
from verification import audit, browsers, enrolments
from verification.browsers import user_agents


@require_GET
def index(request: AuthedRequest) -> HttpResponse:
    """List where the person is remembered and signed in."""
    now = request_context.read(request)
    here = sessions.keys_of(request.session)
    remembered = browsers.of_person(request.user, now=now.now)
    signed_in = Session.objects.filter(user=request.user, expire_date__gt=now.now).order_by("-made_at")
    context = {
        "browsers": [(b, user_agents.name(b.agent), browsers.is_this(b, now.browser)) for b in remembered],
        "sessions": [(s, user_agents.name(s.agent), s.session_key in here) for s in signed_in],
        "here": "browsers",
    }
    return render(request, "accounts/portal/browsers.html", context)


@redirects.button_on("portal:browsers")
@require_POST
def forget(request: AuthedRequest, ref: str = "") -> HttpResponse:
    """Forget one browser or all: there the second step is asked again. Needs no fresh proof, for it only closes."""
    now = request_context.read(request)
    with transaction.atomic():
        count = browsers.forget(request.user, ref=ref)
        if ref and not count:
            raise Http404
        audit.record("browser.forgotten", user_id=request.user.pk, context=now, n_browsers=count)
    messages.success(request, _("Forgotten: the second step will be asked there again."))
    response = redirect("portal:browsers")
    if not ref and not browsers.is_shared(now.browser):
        response.delete_cookie(settings.BROWSER_COOKIE_NAME)
    return response


@redirects.button_on("portal:browsers")
@require_POST
def end_session(request: AuthedRequest, ref: str) -> HttpResponse:
    """End one sign-in elsewhere."""
    now = request_context.read(request)
    mine = Session.objects.filter(user=request.user)
    found = next((session for session in mine if session.ref == ref), None)
    if found is None:
        raise Http404
    if found.session_key in sessions.keys_of(request.session):
        return redirect("sign-out")
    with transaction.atomic():
        found.delete()
        audit.record("sessions.ended", user_id=request.user.pk, context=now, n_sessions=1)
    messages.success(request, _("That sign-in was ended."))
    return redirect("portal:browsers")


@redirects.button_on("portal:browsers")
@require_POST
def end_all(request: AuthedRequest) -> HttpResponse:
    """Sign out everywhere but here, remembered browsers included."""
    now = request_context.read(request)
    with transaction.atomic():
        enrolments.raise_epoch(request.user)
        browsers.forget(request.user)
        audit.record("sessions.ended", user_id=request.user.pk, context=now)
        session_assurance.carry_over(request, request.user)
    messages.success(request, _("You are signed out everywhere else."))
    return redirect("portal:browsers")

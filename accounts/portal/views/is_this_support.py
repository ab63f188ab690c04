"""View of “Is this really support?”: who of the support desk has asked for this person lately."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts import request_context
from accounts.portal import recent_caller_verifications
from accounts.sessions.session_assurance import AuthedRequest


@require_GET
def support(request: AuthedRequest) -> HttpResponse:
    """Answer “Is this really support?”: anyone who is not listed here did not ask through us."""
    checks = recent_caller_verifications.lately(request.user, now=request_context.read(request).now)
    values = {"checks": checks, "days": recent_caller_verifications.RECENT_WINDOW.days, "here": "activity"}
    return render(request, "accounts/portal/is_this_support.html", values)

"""View of the account activity: sign-ins and changes, newest first."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts import activity_lines_from_audit_events
from accounts.sessions.session_assurance import AuthedRequest
from verification import audit, inputs

_PAGE_SIZE = 30  # events


@require_GET
def index(request: AuthedRequest) -> HttpResponse:
    """List sign-ins and changes, newest first."""
    before = inputs.number(request.GET.get("before")) or 0
    events = audit.of_person(request.user.pk, of=audit.user_events(), before=before, most=_PAGE_SIZE)
    context = {
        "entries": activity_lines_from_audit_events.entries(events),
        "before": events[-1].pk if len(events) == _PAGE_SIZE else None,
        "here": "activity",
    }
    return render(request, "accounts/portal/activity.html", context)

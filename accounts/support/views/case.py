"""The view of a user's case."""

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from accounts import request_context
from accounts.session_assurance import AuthedRequest
from accounts.support import case
from accounts.support.views import layout


@require_GET
def show(request: AuthedRequest, pk: int) -> HttpResponse:
    """Show the case. This changes nothing and sends nothing."""
    person = layout.case_of(request, pk)
    return layout.page(request, "case.html", {"case": case.of(person, request.user, request_context.read(request))})

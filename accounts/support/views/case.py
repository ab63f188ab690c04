"""The view of a user's case."""

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from accounts import request_context
from accounts.sessions.session_assurance import AuthedRequest
from accounts.support import case
from accounts.support.views import page_layout, person_or_404
from verification import inputs

_MAX_SEARCH_LENGTH = 64  # characters


@require_GET
def show(request: AuthedRequest, pk: int) -> HttpResponse:
    """Show the case. This changes nothing and sends nothing."""
    person = person_or_404.visible_person(request, pk)
    find = inputs.shortened(request.GET.get("find"), max_length=_MAX_SEARCH_LENGTH)
    find_in = request.GET.get("in", "")
    found = case.of(person, request.user, request_context.read(request), find=find, find_in=find_in)
    return page_layout.page(request, "case.html", {"case": found})

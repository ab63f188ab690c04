"""Shared code of the support desk's views: finding the user, and the page layout."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from accounts import admin_site
from accounts.models import User
from accounts.sessions.session_assurance import AuthedRequest
from accounts.support import desk_scopes


def case_of(request: AuthedRequest, pk: int) -> User:
    """Return the user of a case. Users of another desk give a 404."""
    return get_object_or_404(desk_scopes.visible(request.user), pk=pk)


def page(
    request: AuthedRequest, template: str, context: Mapping[str, Any], *, here: str = "people", status: int = 200
) -> HttpResponse:
    """Render a page of the desk with the staff navigation."""
    frame = admin_site.frame(request, here)
    return render(request, f"accounts/support/{template}", frame | dict(context), status=status)

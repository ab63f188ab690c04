"""What the pages of the desk share: whose case it is, and the frame around it."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from accounts import admin_site
from accounts.models import User
from accounts.session_assurance import AuthedRequest
from accounts.support.actions import rights


def case_of(request: AuthedRequest, pk: int) -> User:
    """Give the person of a case; whoever another desk helps is not to be found."""
    return get_object_or_404(rights.visible(request.user), pk=pk)


def page(
    request: AuthedRequest, template: str, context: Mapping[str, Any], *, here: str = "people", status: int = 200
) -> HttpResponse:
    """Show a page of the desk with the staff's menu."""
    frame = {"nav_items": admin_site.nav_items(request), "here": here, "now": timezone.now()}
    return render(request, f"accounts/support/{template}", frame | dict(context), status=status)

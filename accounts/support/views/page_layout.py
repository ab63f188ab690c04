"""The layout of the support desk's pages, with the staff navigation."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from accounts import admin_site
from accounts.sessions.session_assurance import AuthedRequest


def page(
    request: AuthedRequest, template: str, context: Mapping[str, Any], *, here: str = "people", status: int = 200
) -> HttpResponse:
    """Render a page of the desk with the staff navigation."""
    frame = admin_site.frame(request, here)
    return render(request, f"accounts/support/{template}", frame | dict(context), status=status)

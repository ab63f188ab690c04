"""The pages for what went wrong, plain enough to render when little else works."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template import loader

from mfasite import context

_SOON = 5  # seconds


def _page(template: str, status: int) -> HttpResponse:
    # Without the request no context processor runs, so neither session nor database is asked for anything.
    return HttpResponse(loader.render_to_string(template, context.organisation()), status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that cannot be understood."""
    return _page("400.html", 400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that this person may not make."""
    return _page("403.html", 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address that leads nowhere."""
    return _page("404.html", 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer when our own code failed, or the database is away or its disk is full: that is over in a moment."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        response = _page("503.html", 503)
        response.headers["Retry-After"] = str(_SOON)
        return response
    return _page("500.html", 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form that did not come from a page of ours, or whose page stood open too long."""
    return _page("403_csrf.html", 403)

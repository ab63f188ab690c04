"""The pages for what went wrong, plain enough to render when little else works."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.utils.translation import gettext as _

from mfasite import context
from verification.inputs import Flaw

_SOON = 5  # seconds


def _page(template: str, status: int, **more: str) -> HttpResponse:
    # Without the request no context processor runs, so neither session nor database is asked for anything.
    return HttpResponse(loader.render_to_string(template, context.organisation() | more), status=status)


def unreadable(flaw: Flaw) -> HttpResponse:
    """Answer a request that brings what cannot be stored or compared, and say what to do about it."""
    return _page("400.html", 400, advice=_advice(flaw))


def _advice(flaw: Flaw) -> str:
    hidden = _("It contains a hidden character that cannot be stored. Go back, delete what you pasted and type it.")
    return {
        Flaw.NUL: hidden,
        Flaw.SURROGATE: hidden,
        Flaw.MARKS: _("One letter in it carries more than 30 accents. Go back and type it without them."),
        Flaw.CHARSET: _(
            "It is not in UTF-8, the character set of this service. Go back, reload the page and try again."
        ),
        Flaw.HEADER: _("Your browser or a program in between sent a damaged header. Close the page and open it again."),
        Flaw.LENGTH: _("It is too long. Go back and send less."),
    }[flaw]


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

"""Error pages, simple enough to render when little else works."""

import sys

from django.contrib.sessions.exceptions import SessionInterrupted
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.utils.translation import gettext as _

from mfasite import context_processors
from verification.inputs import MAX_MARKS, Flaw

_RETRY_SECONDS = 5
_TOO_MUCH = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)


def error_page(template: str, status: int, **more: str) -> HttpResponse:
    """Render an error page, from the settings alone."""
    # Without the request no context processor runs, so neither session nor database is used.
    return HttpResponse(loader.render_to_string(template, context_processors.organisation() | more), status=status)


def unreadable(flaw: Flaw) -> HttpResponse:
    """Return a 400 page for input that cannot be stored or compared, and say what to do about it."""
    return error_page("400.html", 400, advice=_advice(flaw))


def _advice(flaw: Flaw) -> str:
    hidden = _("It contains a hidden character that we can’t store. Go back, delete what you pasted and type it.")
    return {
        Flaw.NUL: hidden,
        Flaw.SURROGATE: hidden,
        Flaw.MARKS: _("One character in it has more than %(n)d accents. Go back and type it without them.")
        % {"n": MAX_MARKS},
        Flaw.CHARSET: _("It isn’t in UTF-8, the character set that we use. Go back, reload the page and try again."),
        Flaw.HEADER: _("Your browser or software in between sent a damaged header. Close the page and open it again."),
        Flaw.LENGTH: _("It’s too long. Go back and shorten it."),
    }[flaw]


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return a 400 page for a request that cannot be understood, is larger than any form of ours, or was overtaken."""
    if isinstance(exception, SessionInterrupted):
        return _interrupted()
    return unreadable(Flaw.LENGTH) if isinstance(exception, _TOO_MUCH) else error_page("400.html", 400)


def _interrupted() -> HttpResponse:
    """Return a page for a request whose session ended, or got another key, before it was completed."""
    title = _("Your session has changed")
    text = _("It ended or was renewed before we finished, maybe in another tab. Check whether your change was made.")
    more = {"title": title, "text": text, "label": _("Continue"), "outcome": "session:interrupted"}
    return error_page("403_csrf.html", 400, **more)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return a 403 page for a request that this user may not make."""
    return error_page("403.html", 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return a 404 page."""
    return error_page("404.html", 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Return a 503 page if the database is down or its disk is full, which soon passes, else a 500 page for a bug."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        response = error_page("503.html", 503)
        response.headers["Retry-After"] = str(_RETRY_SECONDS)
        return response
    return error_page("500.html", 500)

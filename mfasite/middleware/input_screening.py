"""Input screening: refuses text that cannot be stored or compared before it reaches any view."""

import codecs
import re
import unicodedata
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict, UnreadablePostError
from django.utils import translation
from django.utils.http import parse_header_parameters

from accounts.integrations import endpoints_without_page_middleware
from mfasite import error_views, memory_for_python_frames
from verification import inputs
from verification.inputs import Flaw

_MAX_URL_LENGTH = 8192  # characters of path and query; gunicorn takes 4094
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_FOR_PROGRAMS = ("/callbacks/", "/healthz", "/readyz", "/metrics", "/.well-known/")  # nobody reads a page there
_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_AS_TYPED = "pass"  # fields whose name contains this are not normalised here: the password code does it


class Request(WSGIRequest):
    """A request whose text is all UTF-8. With an unknown charset, Django's request fails before any error page."""

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        try:
            self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
        except (ValueError, LookupError):
            self.content_type, self.content_params = "", {}


class ScreeningHandler(WSGIHandler):
    """Django's WSGI handler with our request class, and with room for the calls of a request."""

    request_class = Request

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        return memory_for_python_frames.roomy(super().__call__, environ, start_response)


class Screened:
    """Refuse unreadable input, and normalise text in forms and queries to NFC.

    A form of a session is received before the session is read. Otherwise its sender could hold back the last byte, and
    act minutes after the session has ended.

    People get an error page, and programs an error in the format of the view that they asked.
    An unreadable cookie is ignored: browsers send it with every request, so refusing it would lock the user out.
    Views without CSRF protection serve programs, and read bodies in their own format themselves.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Check the URL, the headers and the cookies."""
        if found := _of_headers(request) or _of_address(request):
            translation.activate(settings.LANGUAGE_CODE)  # a thread still has that of its last page
            return (
                endpoints_without_page_middleware.unreadable(request)
                or _plain(request)
                or error_views.unreadable(found)
            )
        raw = request.META.get("HTTP_COOKIE", "")
        if "\\" in raw or not raw.isascii():  # a cookie may hold octal escapes
            request.COOKIES = {n: v for n, v in request.COOKIES.items() if not (inputs.flaw(n) or inputs.flaw(v))}
        return _receive_form(request) or self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, *_arguments: Any) -> HttpResponseBase | None:
        """Check the form."""
        if request.method != "POST" or getattr(view, "csrf_exempt", False) or request.content_type not in _FORMS:
            return None
        charset = (request.content_params or {}).get("charset")
        if charset and not _is_utf8(charset):
            return error_views.unreadable(Flaw.CHARSET)
        try:
            form = request.POST
        except UnreadablePostError:
            return error_views.unreadable(Flaw.LENGTH)  # the client is gone
        if found := _of(form):
            return error_views.unreadable(found)
        request.POST = _composed(form)
        return None


def _receive_form(request: HttpRequest) -> HttpResponse | None:
    """Receive the form of a session. Return a page if it doesn't arrive."""
    is_form = request.method == "POST" and request.content_type in _FORMS
    has_session = settings.SESSION_COOKIE_NAME in request.COOKIES
    if not (is_form and has_session) or request.path_info.startswith(_FOR_PROGRAMS):
        return None
    try:
        _form = request.POST
    except UnreadablePostError:
        return error_views.unreadable(Flaw.LENGTH)  # the client is gone
    return None


def _plain(request: HttpRequest) -> HttpResponse | None:
    """Return the answer to a program whose view has no format of its own for it; None for a page."""
    if not request.path_info.startswith(_FOR_PROGRAMS):
        return None
    return HttpResponse(f"{endpoints_without_page_middleware.UNREADABLE}\n", status=400, content_type="text/plain")


def _of_headers(request: HttpRequest) -> Flaw | None:
    meta = request.META
    for name, value in meta.items():
        if name.startswith("HTTP_") and _CONTROLS.search(value):
            return Flaw.HEADER
    length = meta.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdigit() and len(length) < 16) or _CONTROLS.search(
        meta.get("CONTENT_TYPE", "")
    ):
        return Flaw.HEADER
    return None


def _of_address(request: HttpRequest) -> Flaw | None:
    query = request.META.get("QUERY_STRING", "")
    if len(query) + len(request.path_info) > _MAX_URL_LENGTH:
        return Flaw.LENGTH
    if found := inputs.flaw(request.path_info):
        return found
    if "%" in query or not query.isascii():
        if found := _of(request.GET):
            return found
        request.GET = _composed(request.GET)
    return None


def _of(fields: QueryDict) -> Flaw | None:
    for name, values in fields.lists():
        for text in (name, *values):
            if found := inputs.flaw(text):
                return found
    return None


def _composed(fields: QueryDict) -> Any:
    """Return the fields in normal form C. If they already are, it is the same object."""
    if all(text.isascii() for name, values in fields.lists() for text in (name, *values)):
        return fields
    fresh = QueryDict(mutable=True)
    for name, values in fields.lists():
        is_open = _AS_TYPED not in name
        fresh.setlist(name, [unicodedata.normalize("NFC", text) if is_open else text for text in values])
    fresh._mutable = False  # noqa: SLF001  (as Django makes it immutable)
    return fresh


def _is_utf8(charset: str) -> bool:
    try:
        return codecs.lookup(charset).name in {"utf-8", "ascii"}
    except LookupError:
        return False

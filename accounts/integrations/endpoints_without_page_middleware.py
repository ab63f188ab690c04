"""Endpoints for programs: marks them, and skips the middleware that only pages need, such as sessions and forms.

Host, scheme, input and headers are checked before. A view that isn't marked takes the long path, wherever it is.
"""

from collections.abc import Callable
from typing import TypeVar

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponseBase
from django.urls import Resolver404, ResolverMatch, resolve
from django.utils import timezone, translation
from django.views.decorators.csrf import csrf_exempt

_FOLDERS = ("/integrations/", "/oauth/", "/scim/", "/.well-known/")  # a page elsewhere isn't resolved twice
_MARK, _ANSWER = "is_for_programs", "answer_to_unreadable"
UNREADABLE = "The address or a header is too long, or has characters that can't be read."

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def for_programs(view: View) -> View:
    """Mark a view that reads no session, user or form, and decides itself who may ask."""
    marked = csrf_exempt(login_not_required(view))
    setattr(marked, _MARK, True)
    return marked


def refuses_unreadable(answer: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[View], View]:
    """Say how a view for programs answers a request whose address or headers can't be read: in its own format."""

    def mark(view: View) -> View:
        setattr(view, _ANSWER, answer)
        return view

    return mark


def unreadable(request: HttpRequest) -> HttpResponseBase | None:
    """Return the answer to a request that can't be read, in the format of the view it is for; None for a page."""
    match = _marked(request.path_info) if request.path_info.startswith(_FOLDERS) else None
    answer = getattr(match.func, _ANSWER, None) if match is not None else None
    return answer(request) if answer is not None else None


class ShortPath:
    """Call a marked view directly. Must come after the middleware that every request needs, and before all other."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        match = _marked(request.path_info) if request.path_info.startswith(_FOLDERS) else None
        if match is None:
            return self.get_response(request)
        request.resolver_match = match
        translation.activate(settings.LANGUAGE_CODE)  # a thread still has those of its last page
        timezone.deactivate()
        response: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
        return response


def _marked(path: str) -> ResolverMatch | None:
    try:
        match = resolve(path)
    except Resolver404:
        return None
    return match if getattr(match.func, _MARK, False) else None

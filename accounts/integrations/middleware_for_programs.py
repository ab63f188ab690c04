"""Middleware that skips what only pages need, such as sessions, languages and forms, for requests of programs.

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
_MARK = "is_for_programs"

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def for_programs(view: View) -> View:
    """Mark a view that reads no session, user or form, and decides itself who may ask."""
    marked = csrf_exempt(login_not_required(view))
    setattr(marked, _MARK, True)
    return marked


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

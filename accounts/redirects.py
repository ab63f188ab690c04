"""Redirects to the page a user wanted before they signed in, or to the page a button is on."""

import unicodedata
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils.encoding import iri_to_uri
from django.utils.http import MAX_URL_LENGTH, url_has_allowed_host_and_scheme, urlencode

_View = Callable[..., HttpResponse]

NEXT = "next"
UNDONE = "undone"  # query parameter: parts/flash_messages.html then says that nothing was done
_MAX_URL_LENGTH = 4_000  # characters; admin lists and authorization requests have long ones


def safe(text: str) -> str:
    """Return a path on this site; empty for anything else: other sites, view names, control characters.

    Only a path is accepted, so that no browser or later reader can take it for a URL of another host.
    """
    is_path = (
        text.startswith("/")
        and len(text) <= _MAX_URL_LENGTH
        and not any(unicodedata.category(sign).startswith("C") for sign in text)  # browsers drop some of them
        and all(_names_no_host(each) for each in (text, unicodedata.normalize("NFKC", text)))
        and len(iri_to_uri(text) or "") <= _MAX_URL_LENGTH
    )
    return text if is_path else ""


def _names_no_host(path: str) -> bool:
    """Return whether a path names no other host, which only its beginning could. Django refuses longer ones."""
    return url_has_allowed_host_and_scheme(path[:MAX_URL_LENGTH], None)


def wanted(request: HttpRequest) -> str:
    """Return the page that a request wants to continue to, or an empty string if it names no safe one."""
    return safe(request.POST.get(NEXT, request.GET.get(NEXT, "")))


def go_on(next_url: str) -> HttpResponseRedirect:
    """Redirect to the wanted page, or else to the start page."""
    return HttpResponseRedirect(safe(next_url) or start_page())


def start_page() -> str:
    """Return the page where a sign-in ends that wanted no other."""
    return resolve_url(settings.LOGIN_REDIRECT_URL)


def asking(view_name: str, next_url: str, **query: str) -> str:
    """Return the URL of a view that continues to another page afterwards, such as the sign-in."""
    asked = query | ({NEXT: next_url} if next_url else {})
    return reverse(view_name) + (f"?{urlencode(asked)}" if asked else "")


def carried(request: HttpRequest) -> str:
    """Return the query with which a page's URL names where to go on to, for the URLs of the next pages.

    Verifications of two tabs share the session, so a page that must return to its own tab's page can't rely on that.
    """
    next_url = wanted(request)
    return f"?{urlencode({NEXT: next_url})}" if next_url else ""


def not_done(address: str) -> str:
    """Mark a URL, so that its page says that nothing was done. Unlike a message, this needs no cookie."""
    return f"{address}{'&' if '?' in address else '?'}{UNDONE}=1"


def is_not_done(address: str) -> bool:
    """Return whether a URL is marked by `not_done`."""
    return UNDONE in QueryDict(address.partition("?")[2])


def undone(view_name: str, **places: Any) -> HttpResponseRedirect:
    """Redirect to a page that says that nothing was done."""
    return HttpResponseRedirect(not_done(reverse(view_name, kwargs=places)))


def button_on(view_name: str, *places: str) -> Callable[[_View], _View]:
    """Redirect a GET of a button's URL to the page that the button is on.

    This happens when a button is pressed after the session has ended: the sign-in returns to the URL by GET.
    `places` names the URL arguments that both share.
    """

    def of(view: _View) -> _View:
        @wraps(view)
        def pressed(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method == "GET":
                return undone(view_name, **{place: kwargs[place] for place in places})
            return view(request, *args, **kwargs)

        return pressed

    return of

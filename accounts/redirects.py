"""Where a person goes on to: the page they wanted before they signed in, or the one that a button stands on."""

import unicodedata
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils.encoding import iri_to_uri
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

NEXT = "next"
UNDONE = "undone"  # in an address: parts/messages.html then says that nothing was done
_LONGEST = 4_000  # characters of an address; the lists of the admin have long ones


def safe(text: str) -> str:
    """Give a path of this site, and nothing for all else: other sites, names of views, control characters.

    Only a path is taken, so that no browser and no later reader can take it for the address of another host.
    """
    is_path = (
        text.startswith("/")
        and len(text) <= _LONGEST
        and not any(unicodedata.category(sign).startswith("C") for sign in text)  # browsers drop some of them
        and all(url_has_allowed_host_and_scheme(each, None) for each in (text, unicodedata.normalize("NFKC", text)))
        and len(iri_to_uri(text) or "") <= _LONGEST
    )
    return text if is_path else ""


def wanted(request: HttpRequest) -> str:
    """Read the page that a request names to go on to; empty if it names none that is safe."""
    return safe(request.POST.get(NEXT, request.GET.get(NEXT, "")))


def go_on(next_url: str) -> HttpResponseRedirect:
    """Lead to the page that was wanted, else to the start page."""
    return HttpResponseRedirect(safe(next_url) or resolve_url(settings.LOGIN_REDIRECT_URL))


def asking(view_name: str, next_url: str, **query: str) -> str:
    """Give the address of a page that leads on to another one afterwards, such as the sign-in."""
    asked = query | ({NEXT: next_url} if next_url else {})
    return reverse(view_name) + (f"?{urlencode(asked)}" if asked else "")


def not_done(address: str) -> str:
    """Mark the address of a page, so that it says that nothing was done. No words are kept in the session for it."""
    return f"{address}{'&' if '?' in address else '?'}{UNDONE}=1"


def undone(view_name: str, **places: Any) -> HttpResponseRedirect:
    """Lead to a page that says that nothing was done."""
    return HttpResponseRedirect(not_done(reverse(view_name, kwargs=places)))


def button_on(view_name: str, *places: str) -> Callable[[Callable[..., Any]], Any]:
    """Lead anyone who opens the address of a button by GET to the page that the button stands on.

    It happens when a button was pressed after the session had ended: the sign-in comes back to the address by GET.
    `places` name the parts of the address that the page has as well.
    """

    def of(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def pressed(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method == "GET":
                return undone(view_name, **{place: kwargs[place] for place in places})
            answer: HttpResponseBase = view(request, *args, **kwargs)
            return answer

        return pressed

    return of

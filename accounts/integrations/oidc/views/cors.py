"""CORS: which pages' scripts may read what the endpoints answer. Only those of a public client's registered origins.

Cookies are never sent along: what counts is the token or code that a script shows. Source: Fetch Standard, 3.2.
"""

from collections.abc import Callable, Mapping
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from accounts.models import OidcClient
from verification.db.ttl_cache import TTLCache

_FORM = "application/x-www-form-urlencoded"
_ALLOWED = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "authorization, content-type",
    "Access-Control-Max-Age": "600",
}

View = Callable[[HttpRequest], HttpResponse]


def _load() -> Mapping[str, frozenset[str]]:
    rows = OidcClient.objects.filter(client_type=OidcClient.CLIENT_PUBLIC, application__is_active=True)
    return {name: frozenset(text.split()) for name, text in rows.values_list("client_id", "allowed_origins")}


_origins = TTLCache(_load)
forget = _origins.forget


def for_pages(view: View) -> View:
    """Let scripts of registered origins read an endpoint's answers, and ask first whether they may (preflight)."""

    @wraps(view)
    def answered(request: HttpRequest) -> HttpResponse:
        is_preflight = request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
        response = HttpResponse(status=204) if is_preflight else view(request)
        origin = request.headers.get("Origin", "")
        named = request.POST.get("client_id", "") if request.content_type == _FORM else ""
        if origin and _is_registered(origin, named):
            response["Access-Control-Allow-Origin"] = origin
            for name, value in _ALLOWED.items() if is_preflight else ():
                response[name] = value
        patch_vary_headers(response, ["Origin"])
        return response

    return answered


def _is_registered(origin: str, client_id: str) -> bool:
    """Return whether an origin is the named client's. Without a name, as in a preflight, it may be that of any."""
    known = _origins.read()
    if client_id:
        return origin in known.get(client_id, frozenset())
    return any(origin in each for each in known.values())

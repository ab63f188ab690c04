"""Endpoints for programs of applications: token, revocation, introspection, userinfo. None reads or makes a session."""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST
from oauth2_provider.models import RefreshToken
from oauth2_provider.oauth2_backends import OAuthLibCore, get_oauthlib_core
from oauthlib.common import Request as OAuthRequest

from accounts import request_context
from accounts.integrations import endpoints_without_page_middleware
from accounts.integrations.endpoints_without_page_middleware import for_programs, refuses_unreadable
from accounts.integrations.oidc import (
    authorization_codes,
    id_and_logout_tokens,
    oauthlib_validator,
    rate_limits,
    scopes_and_claims_about_person,
)
from accounts.integrations.oidc.oauthlib_validator import CONTEXT, Validator
from accounts.integrations.oidc.views.cors import for_pages
from accounts.models import OidcClient, OidcSignIn
from verification import inputs
from verification.context import Context
from verification.limits import Gate

_MAX_FIELD_LENGTH = 4096  # characters
_PARAMETERS = (
    "grant_type", "code", "redirect_uri", "code_verifier", "client_id", "client_secret", "refresh_token", "scope",
    "token", "token_type_hint",
)  # fmt: skip
_FORM = "application/x-www-form-urlencoded"

View = Callable[[HttpRequest], HttpResponse]


def _never_stored(view: View) -> View:
    """Have nobody store the answer of a view."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        response = view(request)
        response.headers["Cache-Control"] = "no-store"
        response.headers["Pragma"] = "no-cache"
        return response

    return guarded


def _error(name: str, description: str = "", status: int = 400, **headers: str) -> HttpResponse:
    said = {"error": name, **({"error_description": description} if description else {})}
    return JsonResponse(said, status=status, headers=headers)


@_never_stored
def _unreadable(_request: HttpRequest) -> HttpResponse:
    return _error("invalid_request", endpoints_without_page_middleware.UNREADABLE)


def _flaw(request: HttpRequest) -> HttpResponse | None:
    """Return the refusal of a request that can't be read.

    Source: RFC 6749, 2.3.1: nothing stands in the address, which logs keep; 3.2: no parameter is given twice.
    """
    if request.META.get("QUERY_STRING"):
        return _error("invalid_request", "the address must have no query")
    if request.content_type != _FORM:
        return _error("invalid_request", f"the body must be {_FORM}")
    for name, values in request.POST.lists():
        if name in _PARAMETERS and len(values) > 1:
            return _error("invalid_request", f"{name} is given more than once")
        if any(len(str(value)) > _MAX_FIELD_LENGTH or inputs.flaw(str(value)) for value in values):
            return _error("invalid_request", "a parameter is too long or has characters that no parameter has")
    return None


class _Core(OAuthLibCore):  # type: ignore[misc]  # the toolkit ships no types
    """The toolkit's way from Django's request to oauthlib's. It also carries our context."""

    def extract_headers(self, request: HttpRequest) -> dict[str, Any]:
        kept = ("HTTP_AUTHORIZATION", "CONTENT_TYPE")
        found = {name: request.META[name] for name in kept if name in request.META}
        return {**found, CONTEXT: request_context.read(request)}


def _core() -> _Core:
    return _Core(get_oauthlib_core().server)


@for_programs
@refuses_unreadable(_unreadable)
@for_pages
@_never_stored
@require_POST
def token(request: HttpRequest) -> HttpResponse:
    """Exchange a code or a refresh token. Source: RFC 6749, 3.2; OpenID Connect Core 1.0, 3.1.3."""
    if (flaw := _flaw(request)) is not None:
        return flaw
    context = request_context.read(request)
    if not (gate := rate_limits.count_request(oauthlib_validator.shown_client_id(request), context)).is_open:
        return _too_many(gate, context)
    with transaction.atomic():
        _url, headers, body, status = _core().create_token_response(request)
    if status == 401:
        return _unauthenticated(request, context)
    return _answer(headers, body, status)


@for_programs
@refuses_unreadable(_unreadable)
@for_pages
@_never_stored
@require_POST
def revoke(request: HttpRequest) -> HttpResponse:
    """Void a token. Source: RFC 7009."""
    if (flaw := _flaw(request)) is not None:
        return flaw
    with transaction.atomic():
        _url, headers, body, status = _core().create_revocation_response(request)
    if status == 401:
        return _unauthenticated(request, request_context.read(request))
    return _answer(headers, body, status)


def _answer(headers: dict[str, str], body: str, status: int) -> HttpResponse:
    response = HttpResponse(body or "", status=status, content_type="application/json")
    for name in ("WWW-Authenticate",):
        if name in headers:
            response.headers[name] = headers[name]
    return response


def _unauthenticated(request: HttpRequest, context: Context) -> HttpResponse:
    """Refuse a client that isn't known or has no right secret. Source: RFC 6749, 5.2."""
    if not (gate := rate_limits.count_failure(context)).is_open:
        return _too_many(gate, context)
    headers = {"WWW-Authenticate": 'Basic realm="oauth"'} if "Authorization" in request.headers else {}
    return _error("invalid_client", status=401, **headers)


def _too_many(gate: Gate, context: Context) -> HttpResponse:
    seconds = (gate.retry_at - context.now).total_seconds() if gate.retry_at is not None else 0
    return _error("slow_down", "too many requests", 429, **{"Retry-After": str(max(1, int(seconds) + 1))})


@for_programs
@refuses_unreadable(_unreadable)
@_never_stored
@require_POST
def introspect(request: HttpRequest) -> HttpResponse:
    """Say what a token means, to its own client or to a resource server. Source: RFC 7662; RFC 9470, 6.2."""
    if (flaw := _flaw(request)) is not None:
        return flaw
    asking = OAuthRequest(request.build_absolute_uri(), "POST", request.POST.dict(), _core().extract_headers(request))
    if not Validator().authenticate_client(asking):
        return _unauthenticated(request, request_context.read(request))
    if not request.POST.get("token"):
        return _error("invalid_request", "token is missing")
    found = _found(request.POST["token"])
    if found is None or not _may_see(asking.client, found[1]):
        return JsonResponse({"active": False})
    access_token, sign_in = found
    return JsonResponse(
        {
            "active": True,
            "scope": access_token.scope,
            "client_id": sign_in.client.client_id,
            **_username(access_token.scope.split(), sign_in),
            "token_type": "Bearer",
            "exp": int(access_token.expires.timestamp()),
            "iat": int(access_token.created.timestamp()),
            "sub": scopes_and_claims_about_person.subject(sign_in.user),
            "iss": id_and_logout_tokens.issuer(),
            "acr": sign_in.acr,
            "amr": sign_in.amr,
            "auth_time": int(sign_in.auth_time.timestamp()),
        }
    )


def _username(allowed: list[str], sign_in: OidcSignIn) -> dict[str, str]:
    """Return the username if the token has the scope `profile`, as userinfo does."""
    return {"username": sign_in.user.username} if "profile" in allowed else {}


def _may_see(client: OidcClient, sign_in: OidcSignIn) -> bool:
    return client.is_resource_server or client.pk == sign_in.client_id


def _found(text: str) -> tuple[Any, OidcSignIn] | None:
    """Return an access token and its sign-in, if both are valid."""
    now, checksum = timezone.now(), hashlib.sha256(text.encode()).hexdigest()
    valid = RefreshToken.objects.filter(access_token__token_checksum=checksum, access_token__expires__gt=now)
    row = valid.select_related("access_token").first()
    sign_in = authorization_codes.of_family(row.token_family) if row is not None else None
    if row is None or sign_in is None or authorization_codes.is_over(sign_in, now):
        return None
    return row.access_token, sign_in


@for_programs
@refuses_unreadable(_unreadable)
@for_pages
@_never_stored
@require_http_methods(["GET", "POST"])
def userinfo(request: HttpRequest) -> HttpResponse:
    """Return what an application may know of a person. Source: OpenID Connect Core 1.0, 5.3; RFC 6750, 2."""
    scheme, _space, shown = request.headers.get("Authorization", "").partition(" ")
    in_form = request.POST.getlist("access_token") if request.content_type == _FORM else []
    if len(in_form) + bool(scheme) > 1:  # RFC 6750, 2: one way only, and once
        challenge = 'Bearer realm="oauth", error="invalid_request"'
        return _error("invalid_request", "more than one token", 400, **{"WWW-Authenticate": challenge})
    if in_form:
        scheme, shown = "bearer", in_form[0]
    if scheme.lower() != "bearer" or not shown:
        return HttpResponse(status=401, headers={"WWW-Authenticate": 'Bearer realm="oauth"'})
    found = None if len(shown) > _MAX_FIELD_LENGTH or inputs.flaw(shown) else _found(shown)
    if found is None:
        challenge = 'Bearer realm="oauth", error="invalid_token"'
        return _error("invalid_token", status=401, **{"WWW-Authenticate": challenge})
    access_token, sign_in = found
    return JsonResponse(scopes_and_claims_about_person.claims(sign_in.user, access_token.scope.split()))

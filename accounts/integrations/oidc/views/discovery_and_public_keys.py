"""Discovery and the public keys. Both are the same for everyone, so they need no session and may be cached."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.integrations import endpoints_without_page_middleware
from accounts.integrations.endpoints_without_page_middleware import for_programs, refuses_unreadable
from accounts.integrations.oidc import discovery_document
from verification import jwt_signing_keys

_CACHED = "public, max-age=3600"  # less than keys are published before and after they sign
_FOR_SCRIPTS = {
    "Cache-Control": _CACHED,
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


def _unreadable(_request: HttpRequest) -> HttpResponse:
    said = {"error": "invalid_request", "error_description": endpoints_without_page_middleware.UNREADABLE}
    return JsonResponse(said, status=400, headers=_FOR_SCRIPTS | {"Cache-Control": "no-store"})


@for_programs
@refuses_unreadable(_unreadable)
@require_safe
def discovery(request: HttpRequest) -> HttpResponse:
    """Return the provider's configuration."""
    return JsonResponse(discovery_document.document(), headers=_FOR_SCRIPTS)


@for_programs
@refuses_unreadable(_unreadable)
@require_safe
def jwks(request: HttpRequest) -> HttpResponse:
    """Return the keys that check our signatures. Source: RFC 7517, 5."""
    return JsonResponse({"keys": jwt_signing_keys.published(timezone.now())}, headers=_FOR_SCRIPTS)

"""Headers: which of a proxy's are believed, and which every answer carries unless its view chose otherwise."""

import logging
from collections.abc import Callable
from dataclasses import asdict

from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from accounts import request_context
from mfasite.observability import request_ids

logger = logging.getLogger(__name__)

# Features that no page of ours asks for; passkeys will need their two, so they stay open to ourselves.
PERMISSIONS = ", ".join(
    [
        *(f"{feature}=()" for feature in ("accelerometer", "camera", "geolocation", "gyroscope", "microphone")),
        *(f"{feature}=()" for feature in ("browsing-topics", "midi", "payment", "serial", "usb")),
        "publickey-credentials-create=(self)",
        "publickey-credentials-get=(self)",
    ]
)


_NOT_TRUSTED = (
    "A proxy at %s forwards requests, but it is not trusted, so people cannot sign in through it. "
    "Add its address to TRUSTED_PROXIES."
)
_SAYS_NO_SCHEME = (
    "The proxy at %s does not say whether people reached it by https, so they would be redirected forever. "
    "Let it set X-Forwarded-Proto (nginx: proxy_set_header X-Forwarded-Proto $scheme;)."
)
_FOR_PEOPLE = (
    "This service is not set up for the proxy in front of it. If you run it, read the log of the web server.\n"
)


class Proxied:
    """Believes X-Forwarded-Proto from a trusted proxy only, and names what else would redirect people forever."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.told: set[str] = set()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Read what the proxy says."""
        is_trusted = request_context.is_proxied(request)
        scheme = request.headers.get("X-Forwarded-Proto", "")
        if not is_trusted:
            request.META.pop("HTTP_X_FORWARDED_PROTO", None)
        if settings.SECURE_SSL_REDIRECT and not request.path.startswith(("/healthz", "/readyz")):
            if not is_trusted and scheme:
                return self._refuse(request, _NOT_TRUSTED)
            if is_trusted and not scheme and "X-Forwarded-For" in request.headers:
                return self._refuse(request, _SAYS_NO_SCHEME)
        return self.get_response(request)

    def _refuse(self, request: HttpRequest, why: str) -> HttpResponse:
        if why not in self.told:  # once a process: each request would repeat it
            self.told.add(why)
            logger.error(why, request.META.get("REMOTE_ADDR") or settings.BIND)
        return HttpResponse(_FOR_PEOPLE, status=400, content_type="text/plain; charset=utf-8")


class PrivateByDefault:
    """Forbids caches to keep an answer, and browsers to lend it their sensors."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Add what is missing."""
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response


class RequestId:
    """Names each request for the log: as a trusted proxy in front named it, else anew. The answer carries the name."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Begin a trace."""
        name = request_ids.begin(request.headers.get("X-Request-ID", "") if request_context.is_proxied(request) else "")
        response = self.get_response(request)
        response.headers["X-Request-ID"] = name
        return response


class ContentSecurityPolicy(CSPMiddleware):
    """django-csp's, with the policy composed once: only an answer whose view asks for its own is composed anew."""

    _usual = ""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if any(name.startswith("_csp") for name in vars(response)):
            return super().process_response(request, response)
        if not self._usual:
            self._usual = build_policy(**asdict(self.get_policy_parts(request=request, response=response)))
        response.headers.setdefault(HEADER, self._usual)
        return response

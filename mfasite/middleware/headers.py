"""HTTP headers: which of a proxy's are trusted, and which every response has unless its view sets others."""

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

# Features that no page uses are off. The two for passkeys are allowed for our own pages.
PERMISSIONS = ", ".join(
    [
        *(f"{feature}=()" for feature in ("accelerometer", "camera", "geolocation", "gyroscope", "microphone")),
        *(f"{feature}=()" for feature in ("browsing-topics", "midi", "payment", "serial", "usb")),
        "publickey-credentials-create=(self)",
        "publickey-credentials-get=(self)",
    ]
)


_NOT_TRUSTED = (
    "A proxy at %s forwards requests but isn't trusted, so people can't sign in through it. "
    "Add its address to TRUSTED_PROXIES."
)
_SAYS_NO_SCHEME = (
    "The proxy at %s doesn't say whether people used https, so they would be redirected forever. "
    "Configure it to set X-Forwarded-Proto (nginx: proxy_set_header X-Forwarded-Proto $scheme;)."
)
_FOR_PEOPLE = (
    "The proxy in front of this service isn't configured correctly. "
    "If you run the service, read the web server's log.\n"
)


class Proxied:
    """Trust X-Forwarded-Proto from trusted proxies only, and report mistakes that would cause a redirect loop."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.told: set[str] = set()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Check the proxy's headers."""
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
        if why not in self.told:  # log it once per process, because every request repeats it
            self.told.add(why)
            logger.error(why, request.META.get("REMOTE_ADDR") or settings.BIND)
        return HttpResponse(_FOR_PEOPLE, status=400, content_type="text/plain; charset=utf-8")


class PrivateByDefault:
    """Forbid caches to store responses, and browsers to give pages access to sensors, by default."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Add the missing headers."""
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response


class RequestId:
    """Give each request an id for the log, from a trusted proxy or a new one. The response contains it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Start a request id and return it in the response."""
        name = request_ids.begin(request.headers.get("X-Request-ID", "") if request_context.is_proxied(request) else "")
        response = self.get_response(request)
        response.headers["X-Request-ID"] = name
        return response


class ContentSecurityPolicy(CSPMiddleware):
    """django-csp's middleware, with the policy built once. Only views with a policy of their own build it again."""

    _usual = ""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if any(name.startswith("_csp") for name in vars(response)):
            return super().process_response(request, response)
        if not self._usual:
            self._usual = build_policy(**asdict(self.get_policy_parts(request=request, response=response)))
        response.headers.setdefault(HEADER, self._usual)
        return response

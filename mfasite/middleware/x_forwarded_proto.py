"""Middleware: X-Forwarded-Proto counts from trusted proxies only, and incorrectly configured proxies are reported."""

import logging
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from accounts import client_address

logger = logging.getLogger(__name__)

_NOT_TRUSTED = (
    "A proxy at %s forwards requests but isn't trusted, so people can't sign in through it. "
    "Add its address to TRUSTED_PROXIES."
)

_SAYS_NO_SCHEME = (
    "The proxy at %s doesn't say whether people used https, so they would be redirected forever. "
    "Configure it to set X-Forwarded-Proto (nginx: proxy_set_header X-Forwarded-Proto $scheme;)."
)

FOR_PEOPLE = (
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
        is_trusted = client_address.is_proxied(request)
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
        return HttpResponse(FOR_PEOPLE, status=400, content_type="text/plain; charset=utf-8")

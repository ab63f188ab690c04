"""Headers that every answer carries unless its view chose otherwise."""

from collections.abc import Callable
from dataclasses import asdict

from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.http import HttpRequest, HttpResponseBase

from accounts import facts
from mfasite import traces

# Features that no page of ours asks for; passkeys will need their two, so they stay open to ourselves.
PERMISSIONS = ", ".join(
    [
        *(f"{feature}=()" for feature in ("accelerometer", "camera", "geolocation", "gyroscope", "microphone")),
        *(f"{feature}=()" for feature in ("browsing-topics", "midi", "payment", "serial", "usb")),
        "publickey-credentials-create=(self)",
        "publickey-credentials-get=(self)",
    ]
)


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
        name = traces.begin(request.headers.get("X-Request-ID", "") if facts.is_proxied(request) else "")
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

"""Middleware: Cache-Control, Permissions-Policy and Cross-Origin-Resource-Policy, unless a view sets others.

HSTS, Referrer-Policy and X-Frame-Options are in `mfasite.settings`, and the Content-Security-Policy is in
`mfasite.content_security_policy`.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

# Features that no page uses are off. The two for passkeys are allowed for our own pages.
PERMISSIONS = ", ".join(
    [
        *(f"{feature}=()" for feature in ("accelerometer", "camera", "geolocation", "gyroscope", "microphone")),
        *(f"{feature}=()" for feature in ("browsing-topics", "midi", "payment", "serial", "usb")),
        "publickey-credentials-create=(self)",
        "publickey-credentials-get=(self)",
    ]
)


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

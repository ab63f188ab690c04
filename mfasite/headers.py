"""Headers that every answer carries unless its view chose otherwise."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

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

"""The two cookies of a browser in which someone signed in: that it is known, and that it is remembered."""

from django.conf import settings
from django.http import HttpResponse

from verification import browsers
from verification.browsers import known_browsers


def know(response: HttpResponse, value: str) -> None:
    """Set the cookie of a browser in which someone signed in before."""
    _keep(response, settings.DEVICE_COOKIE_NAME, value, days=known_browsers.DAYS)


def remember(response: HttpResponse, token: str, *, days: int) -> None:
    """Set the remembered-browser cookie. On a shared browser it outlives each user's days: the rows are what counts."""
    days = max(days, known_browsers.DAYS) if browsers.is_shared(token) else days
    _keep(response, settings.BROWSER_COOKIE_NAME, token, days=days)


def _keep(response: HttpResponse, name: str, value: str, *, days: int) -> None:
    """Set a cookie that is sent to this site only and that scripts cannot read."""
    response.set_cookie(
        name,
        value,
        max_age=days * 86_400,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )

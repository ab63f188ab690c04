"""Sets the cookies besides the session's: known browser, remembered browser, and the passkey offer that it got.

Their names, and those of the session's and the CSRF cookie, are in `mfasite.cookie_names_and_flags`.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from verification import browsers
from verification.browsers import device_cookies_of_known_browsers


def know(response: HttpResponse, value: str) -> None:
    """Set the cookie of a browser in which someone signed in before."""
    _keep(response, settings.DEVICE_COOKIE_NAME, value, days=device_cookies_of_known_browsers.DAYS)


def remember(response: HttpResponse, token: str, *, days: int) -> None:
    """Set the remembered-browser cookie. On a shared browser it outlives each user's days: the rows are what counts."""
    days = max(days, device_cookies_of_known_browsers.DAYS) if browsers.is_shared(token) else days
    _keep(response, settings.BROWSER_COOKIE_NAME, token, days=days)


_OFFER = "accounts.passkey_offer"  # the salt of its signature


@dataclass(frozen=True, kw_only=True)
class PasskeyOffer:
    """The offer to sign in with a passkey alone. Only the browser with its cookie can answer it, in time."""

    nonce: str
    until: datetime


def keep_offer(response: HttpResponse, nonce: str, *, until: datetime) -> None:
    """Set the cookie of an offer. A session would leave a row for each look at the sign-in page."""
    value = signing.dumps([nonce, until.timestamp()], salt=_OFFER)
    _set(response, settings.PASSKEY_COOKIE_NAME, value, max_age=None)


def offer(request: HttpRequest) -> PasskeyOffer | None:
    """Return the offer that this browser got, even if its time is over."""
    try:
        nonce, until = signing.loads(request.COOKIES.get(settings.PASSKEY_COOKIE_NAME, ""), salt=_OFFER)
    except signing.BadSignature:
        return None
    return PasskeyOffer(nonce=nonce, until=datetime.fromtimestamp(until, tz=UTC))


def forget_offer(response: HttpResponse) -> None:
    """Delete the cookie of an offer that was answered."""
    response.delete_cookie(settings.PASSKEY_COOKIE_NAME, samesite="Lax")


def _keep(response: HttpResponse, name: str, value: str, *, days: int) -> None:
    _set(response, name, value, max_age=days * 86_400)


def _set(response: HttpResponse, name: str, value: str, *, max_age: int | None) -> None:
    """Set a cookie that is sent to this site only and that scripts cannot read. Without an age, it is the session's."""
    response.set_cookie(
        name,
        value,
        max_age=max_age,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )

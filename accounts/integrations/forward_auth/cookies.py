"""The two cookies of a protected host: one that names the application's session, and one that names the browser.

Both belong to that host alone (`__Host-`): there is no cookie of a parent domain that other hosts could read or set.
"""

import hashlib
import re
import secrets

from django.conf import settings
from django.http import HttpResponse

from accounts.models import ApplicationSession
from verification.keys import derived_link_tokens

_MAX_HEADER_BYTES = 16_384  # all cookies together
_MAX_ID_DIGITS = 19  # as many as the largest id in the database
_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_BROWSER = re.compile(r"[A-Za-z0-9_-]{43}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_BROWSER_SECONDS = 15 * 60  # for signing in; every visit within that time uses the same one
_PURPOSE = "forward_auth.session"


def session_name(application_id: int) -> str:
    """Name the cookie of an application's session. Several applications can share a host."""
    return f"{_prefix()}two-step-{application_id}"


def browser_name() -> str:
    """Name the cookie of the browser."""
    return f"{_prefix()}two-step-browser"


def _prefix() -> str:
    return "__Host-" if settings.HTTPS else ""


def value_of(header: str, name: str) -> str | None:
    """Return a cookie from a Cookie header; empty if it is not there. None if that can't be said for certain.

    A second cookie of the same name, or the name inside another cookie, may be an attempt to choose which one we see.
    """
    if len(header) > _MAX_HEADER_BYTES or _CONTROLS.search(header):
        return None
    pairs = [pair.strip(" \t").partition("=") for pair in header.split(";")]
    found = [value for key, _equals, value in pairs if key.strip().lower() == name.lower()]
    if len(found) != header.lower().count(f"{name.lower()}="):
        return None
    return (found or [""])[0] if len(found) < 2 else None


def session_value(session_id: int, host: str) -> str:
    """Return the value of the session's cookie. On another host it is worth nothing."""
    return f"{session_id}.{derived_link_tokens.derive(_PURPOSE, f'{session_id} {host}')}"


def session_id(value: str, host: str) -> int | None:
    """Return the id of the application's session that a cookie names, or None if we did not make it for this host."""
    digits, _dot, mac = value.partition(".")
    if not (digits.isascii() and digits.isdecimal() and len(digits) < _MAX_ID_DIGITS and not digits.startswith("0")):
        return None
    return int(digits) if derived_link_tokens.is_derived(_PURPOSE, f"{digits} {host}", mac) else None


def is_browser_secret(value: str | None) -> bool:
    """Return whether a value has the shape of a browser's secret."""
    return bool(value and _BROWSER.fullmatch(value))


def new_browser_secret() -> str:
    """Generate a browser's secret. Shape: 43 base64url characters."""
    return secrets.token_urlsafe(32)


def browser_digest(secret: str) -> str:
    """Return the digest of a browser's secret, which an address may show. Shape: 64 hex digits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def is_browser_digest(text: str) -> bool:
    """Return whether a text has the shape of such a digest."""
    return bool(_DIGEST.fullmatch(text))


def give_browser(response: HttpResponse, secret: str) -> None:
    """Set the browser's cookie."""
    _set(response, browser_name(), secret, max_age=_BROWSER_SECONDS)


def give_session(response: HttpResponse, opened: ApplicationSession, host: str) -> None:
    """Set the session's cookie. It ends with the browser, and the session behind it decides how long it is valid."""
    _set(response, session_name(opened.application_id), session_value(opened.pk, host), max_age=None)


def _set(response: HttpResponse, name: str, value: str, *, max_age: int | None) -> None:
    response.set_cookie(name, value, max_age=max_age, path="/", secure=settings.HTTPS, httponly=True, samesite="Lax")

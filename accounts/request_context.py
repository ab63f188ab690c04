"""The one reader of a request: address, program, cookie, language, now. Everything below takes the values."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone, translation

from verification import inputs
from verification.context import Context

_AGENT = 300  # characters kept of what a program says of itself


def read(request: HttpRequest) -> Context:
    """Read the circumstances of a request, with the clock read once."""
    return Context(
        now=timezone.now(),
        network=network(request),
        agent=inputs.shortened(request.headers.get("User-Agent", ""), max_length=_AGENT),
        browser=request.COOKIES.get(settings.BROWSER_COOKIE_NAME, "")[:_AGENT],
        device=request.COOKIES.get(settings.DEVICE_COOKIE_NAME, "")[:_AGENT],
        language=translation.get_language() or settings.LANGUAGE_CODE,
    )


def network(request: HttpRequest) -> str:
    """Give the client's address: the last one that no proxy of ours added. Unreadable: empty, which opens nothing.

    Only a configured proxy is believed (CVE-2024-47070: a forged header opened a check).
    """
    chain = [] if _is_from_socket(request) else [request.META.get("REMOTE_ADDR", "")]
    chain += reversed(request.headers.get("X-Forwarded-For", "").split(","))
    for hop in chain:
        address = inputs.address(hop)
        if address is None:
            return ""
        if not _is_proxy(address):
            return str(address)
    return ""


def is_proxied(request: HttpRequest) -> bool:
    """Tell whether a request came through a configured proxy, whose further words are believed as well."""
    address = inputs.address(request.META.get("REMOTE_ADDR", ""))
    return _is_from_socket(request) or (address is not None and _is_proxy(address))


def _is_from_socket(request: HttpRequest) -> bool:
    """Tell whether a request came through the Unix socket that we serve on: only a proxy of this machine opens it."""
    return bool(settings.IS_BEHIND_SOCKET) and not request.META.get("REMOTE_ADDR")


def _is_proxy(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return any(address in ipaddress.ip_network(trusted) for trusted in settings.TRUSTED_PROXIES)

"""The client's address behind proxies: which proxies are trusted, and how X-Forwarded-For is read."""

import ipaddress
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest

from verification import inputs


def network(request: HttpRequest) -> str:
    """Return the client's address: the last one that is not a proxy of ours. Empty if unreadable; empty opens nothing.

    Only configured proxies are trusted (CVE-2024-47070: a forged header bypassed a check).
    """
    chain = [] if _is_from_socket(request) else [request.META.get("REMOTE_ADDR", "")]
    chain += reversed(request.headers.get("X-Forwarded-For", "").split(","))
    for hop in chain:
        address = inputs.address(hop)
        if address is None:
            return ""
        if not is_trusted_proxy(address):
            return str(address)
    return ""


def is_proxied(request: HttpRequest) -> bool:
    """Return whether a request came through a configured proxy, whose other headers are trusted as well."""
    address = inputs.address(request.META.get("REMOTE_ADDR", ""))
    return _is_from_socket(request) or (address is not None and is_trusted_proxy(address))


def _is_from_socket(request: HttpRequest) -> bool:
    """Return whether a request came through our Unix socket, which only a proxy on this machine can open."""
    return bool(settings.IS_BEHIND_SOCKET) and not request.META.get("REMOTE_ADDR")


def is_trusted_proxy(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Return whether an address is one of our own proxies."""
    return any(address in network for network in _networks(tuple(settings.TRUSTED_PROXIES)))


@lru_cache(maxsize=8)
def _networks(written: tuple[str, ...]) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    """Return networks by what the settings say of them. Each request asks at least three times."""
    return tuple(ipaddress.ip_network(each) for each in written)

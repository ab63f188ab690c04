"""Redirect addresses (redirect URIs) and origins of clients: which can be registered, and which are registered."""

import re
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from accounts.models import OidcClient

_LOOPBACK_HOSTS = {"127.0.0.1", "::1"}
_LOOPBACK = re.compile(r"(http://(?:127\.0\.0\.1|\[::1\]))(?::[0-9]{1,5})?(/[^#]*)?")


def flaw(uri: str, *, is_public: bool = False, is_demo: bool = False) -> str:
    """Return what is wrong with an address that browsers are sent to, in words; empty if nothing is.

    Source: RFC 9700, 2.1 and 4.1; RFC 8252, 7.1 and 7.3.
    """
    try:
        parts = urlsplit(uri)
        _port = parts.port
    except ValueError:
        return _("This isn’t an address.")
    if (
        "#" in uri
        or "*" in uri
        or parts.username is not None
        or not uri.isascii()
        or not uri.isprintable()
        or " " in uri
    ):
        return _("Enter the exact address, without “#”, “*”, “@”, spaces or special characters.")
    if parts.scheme == "https" and parts.hostname:
        return ""
    if parts.scheme == "http" and (parts.hostname in _LOOPBACK_HOSTS or (is_demo and parts.hostname == "localhost")):
        return "" if is_public or is_demo else _("Only an app on people’s devices may use http, and only on 127.0.0.1.")
    if is_public and "." in parts.scheme and not parts.netloc:
        return ""  # a scheme of its own, which belongs to a domain: com.example.app:/callback
    return _("The address must start with https://.")


def origin_flaw(origin: str, *, is_demo: bool = False) -> str:
    """Return what is wrong with an origin whose scripts may ask for tokens, in words; empty if nothing is."""
    if not flaw(origin, is_public=True, is_demo=is_demo):
        parts = urlsplit(origin)
        if parts.netloc and origin == f"{parts.scheme}://{parts.netloc}".lower():
            return ""
    return _("Enter only the start of the page’s address, such as https://app.example.org.")


def is_registered(uri: str, client: OidcClient) -> bool:
    """Return whether an address is registered, character by character.

    Only the port of a loopback address may differ, and only for an app on a person's device. Source: RFC 8252, 7.3.
    """
    registered = client.redirect_uris.split()
    if uri in registered:
        return True
    here = _LOOPBACK.fullmatch(uri)
    if here is None or not client.is_public:
        return False
    loopbacks = [match for each in registered if (match := _LOOPBACK.fullmatch(each))]
    return any(match.groups() == here.groups() for match in loopbacks)

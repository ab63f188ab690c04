"""Back-channel logout addresses of clients: which can be registered and asked, and what is wrong with the others."""

from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.integrations.oidc.back_channel import forbidden_networks
from verification import inputs

_MAX_URL_LENGTH = 500  # characters


def flaw(uri: str) -> str:
    """Return why an address can't be used, in one word; empty if it can."""
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:
        return "address"
    if len(uri) > _MAX_URL_LENGTH or not parts.hostname or parts.username is not None or "#" in uri or port == 0:
        return "address"
    if parts.scheme == "https":
        literal = inputs.address(parts.hostname)  # `logout_requests.send` resolves and checks host names
        return "forbidden" if literal is not None and is_forbidden(str(literal)) else ""
    is_own = settings.DEMO and parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost", "::1"}
    return "" if is_own else "https"


def flaw_in_words(uri: str) -> str:
    """Return what is wrong with a back-channel logout address, in words; empty if nothing is."""
    words = {
        "https": _("The address must start with https://."),
        "address": _("Enter the exact address, without “#” or a username."),
        "forbidden": _("This network address is reserved. Enter the address of the application."),
    }
    return words.get(flaw(uri), "") if uri else ""


def is_forbidden(address: str) -> bool:
    """Return whether no client can have a network address."""
    return forbidden_networks.has(address, is_loopback_allowed=settings.DEMO)

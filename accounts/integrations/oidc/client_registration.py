"""Makes clients, and says what is wrong with their addresses before they are stored."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.applications import secrets
from accounts.integrations.oidc.back_channel import logout_requests
from accounts.integrations.oidc.oauthlib_validator import SECRET
from accounts.models import Application, OidcClient
from verification import signing_keys

_LOOPBACK = {"127.0.0.1", "::1"}


@dataclass(frozen=True, kw_only=True)
class Made:
    """A new client. Shape: `secret` is shown once, and empty for a public client."""

    client: OidcClient
    secret: str


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
    if parts.scheme == "http" and (parts.hostname in _LOOPBACK or (is_demo and parts.hostname == "localhost")):
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


def logout_flaw(uri: str) -> str:
    """Return what is wrong with a back-channel logout address, in words; empty if nothing is."""
    words = {
        "https": _("The address must start with https://."),
        "address": _("Enter the exact address, without “#” or a username."),
        "forbidden": _("This network address is reserved. Enter the address of the application."),
    }
    return words.get(logout_requests.flaw(uri), "") if uri else ""


def make(  # noqa: PLR0913  (one client, with named properties)
    application: Application,
    *,
    redirect_uris: str,
    now: datetime,
    is_public: bool = False,
    post_logout_redirect_uris: str = "",
    logout_uri: str = "",
    allowed_origins: str = "",
    consent: str = OidcClient.Consent.ORGANISATION,
    algorithm: str = "RS256",
) -> Made:
    """Make the client of an application, and the first signing keys with the first client."""
    with transaction.atomic():
        signing_keys.prepare(now)
        client = OidcClient.objects.create(
            application=application,
            client_type=OidcClient.CLIENT_PUBLIC if is_public else OidcClient.CLIENT_CONFIDENTIAL,
            redirect_uris=redirect_uris,
            post_logout_redirect_uris=post_logout_redirect_uris,
            logout_uri=logout_uri,
            allowed_origins=allowed_origins,
            consent=consent,
            algorithm=algorithm,
        )
        secret = "" if is_public else secrets.renew(client, SECRET, now)
    return Made(client=client, secret=secret)

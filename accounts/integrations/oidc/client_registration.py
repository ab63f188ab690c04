"""Registers clients: makes the client of an application, its first secret and the first signing keys."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.applications import secret_rotation
from accounts.integrations.oidc.oauthlib_validator import SECRET
from accounts.models import Application, OidcClient
from verification import jwt_signing_keys


@dataclass(frozen=True, kw_only=True)
class Made:
    """A new client. Shape: `secret` is shown once, and empty for a public client."""

    client: OidcClient
    secret: str


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
        jwt_signing_keys.prepare(now)
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
        secret = "" if is_public else secret_rotation.renew(client, SECRET, now)
    return Made(client=client, secret=secret)

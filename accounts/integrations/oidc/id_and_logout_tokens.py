"""The tokens that we sign: ID tokens and logout tokens.

Source: OpenID Connect Core 1.0, 2; OpenID Connect Back-Channel Logout 1.0, 2.4.
"""

import base64
import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime
from typing import Any

from accounts.integrations.oidc import lifetimes, scopes_and_claims_about_person
from accounts.models import ApplicationSession, OidcClient, OidcSignIn, User
from verification import conf, jwt_signing_keys
from verification.keys import derived_link_tokens

_LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
_ID, _LOGOUT = "JWT", "logout+jwt"
# What an ID token can say besides what it says about the person; the discovery document lists them.
ID_TOKEN_CLAIMS = ("iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash", "jti")


def issuer() -> str:
    """Return the name of this service in every token."""
    return conf.public_url()


def sid(session: ApplicationSession) -> str:
    """Return the name of a session for its application. Shape: 43 base64url characters that say nothing else."""
    return derived_link_tokens.derive("sid", str(session.pk))


def id_token(sign_in: OidcSignIn, *, allowed: Collection[str], access_token: str, nonce: str, now: datetime) -> str:
    """Return an ID token. A refreshed one repeats what was verified, and when. Source: Core 1.0, 12.2."""
    client = sign_in.client
    claims: dict[str, Any] = {
        **scopes_and_claims_about_person.claims(sign_in.user, allowed),
        "iss": issuer(),
        "aud": client.client_id,
        "iat": int(now.timestamp()),
        "exp": int((now + lifetimes.ID_TOKEN_LIFE).timestamp()),
        "auth_time": int(sign_in.auth_time.timestamp()),
        "acr": sign_in.acr,
        "amr": sign_in.amr,
        "sid": sid(sign_in.session),
        "at_hash": _half(access_token),
        "jti": secrets.token_hex(16),
    }
    if nonce:
        claims["nonce"] = nonce
    return jwt_signing_keys.sign(claims, algorithm=client.algorithm, typ=_ID, now=now)


def _half(text: str) -> str:
    """Source: Core 1.0, 3.1.3.6. Both of our algorithms use SHA-256."""
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()[:16]).decode().rstrip("=")


def logout_token(client: OidcClient, user: User, session: ApplicationSession, *, now: datetime) -> str:
    """Return a logout token, with both the person and the session, because some applications need either."""
    claims = {
        "iss": issuer(),
        "aud": client.client_id,
        "iat": int(now.timestamp()),
        "exp": int((now + lifetimes.LOGOUT_TOKEN_LIFE).timestamp()),
        "jti": secrets.token_hex(16),
        "sub": scopes_and_claims_about_person.subject(user),
        "sid": sid(session),
        "events": {_LOGOUT_EVENT: {}},
    }
    return jwt_signing_keys.sign(claims, algorithm=client.algorithm, typ=_LOGOUT, now=now)


def read_hint(token: str) -> dict[str, Any] | None:
    """Return the claims of an ID token of ours that someone shows as a hint, even an expired one."""
    claims = jwt_signing_keys.read(token, typ=_ID) if token else None
    if claims is None or claims.get("iss") != issuer() or not isinstance(claims.get("sub"), str):
        return None
    return claims if isinstance(claims.get("aud"), str) else None

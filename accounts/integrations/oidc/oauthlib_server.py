"""oauthlib's server with the flows that exist here: authorization code and refresh token, and no other."""

from typing import Any

from oauthlib.oauth2.rfc6749.endpoints import RevocationEndpoint, TokenEndpoint
from oauthlib.oauth2.rfc6749.tokens import BearerToken
from oauthlib.openid.connect.core.grant_types import AuthorizationCodeGrant, RefreshTokenGrant


class TokenServer(TokenEndpoint, RevocationEndpoint):  # type: ignore[misc]  # oauthlib ships no types
    """Exchanges codes and refresh tokens, and revokes tokens. Named in the setting `OAUTH2_SERVER_CLASS`."""

    def __init__(
        self,
        request_validator: Any,
        token_expires_in: int | None = None,
        token_generator: Any = None,
        refresh_token_generator: Any = None,
        **_more: Any,
    ) -> None:
        bearer = BearerToken(request_validator, token_generator, token_expires_in, refresh_token_generator)
        TokenEndpoint.__init__(
            self,
            default_grant_type="authorization_code",
            grant_types={
                "authorization_code": AuthorizationCodeGrant(request_validator),
                "refresh_token": RefreshTokenGrant(request_validator),
            },
            default_token_type=bearer,
        )
        RevocationEndpoint.__init__(self, request_validator)

"""What this provider can do, for programs that configure themselves. It states only what is true.

Source: OpenID Connect Discovery 1.0, 3; RFC 8414; RFC 9207, 3; RP-Initiated Logout 1.0, 2.1; Back-Channel Logout
1.0, 2.
"""

from typing import Any

from django.urls import reverse

from accounts.access import acr_and_amr_values
from accounts.integrations.oidc import authorization_request, id_and_logout_tokens, scopes_and_claims_about_person
from verification.models import SigningKey

_SECRETS = ["client_secret_basic", "client_secret_post"]


def document() -> dict[str, Any]:
    """Return the configuration of the provider."""
    issuer = id_and_logout_tokens.issuer()

    def url(name: str) -> str:
        return f"{issuer}{reverse(f'oidc:{name}')}"

    return {
        "issuer": issuer,
        "authorization_endpoint": url("authorize"),
        "token_endpoint": url("token"),
        "userinfo_endpoint": url("userinfo"),
        "jwks_uri": url("jwks"),
        "revocation_endpoint": url("revoke"),
        "introspection_endpoint": url("introspect"),
        "end_session_endpoint": url("logout"),
        "scopes_supported": list(scopes_and_claims_about_person.NAMES),
        "claims_supported": [*scopes_and_claims_about_person.CLAIMS, *id_and_logout_tokens.ID_TOKEN_CLAIMS],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": list(SigningKey.Algorithm.values),
        "token_endpoint_auth_methods_supported": [*_SECRETS, "none"],
        "revocation_endpoint_auth_methods_supported": [*_SECRETS, "none"],
        "introspection_endpoint_auth_methods_supported": _SECRETS,
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": sorted(authorization_request.PROMPTS),
        "acr_values_supported": list(acr_and_amr_values.ACRS),
        "claim_types_supported": ["normal"],
        "claims_parameter_supported": True,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "authorization_response_iss_parameter_supported": True,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
    }

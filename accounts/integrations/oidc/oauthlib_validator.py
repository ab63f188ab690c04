"""Our answers to the questions of oauthlib at the token and revocation endpoints, by django-oauth-toolkit's validator.

Codes, secrets and what tokens say are ours. Storing, rotating and revoking tokens is the toolkit's.
"""

import base64
import hashlib
from typing import Any
from urllib.parse import unquote_plus

from django.http import HttpRequest
from django.utils import timezone
from oauth2_provider.models import RefreshToken
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauthlib.oauth2.rfc6749 import errors
from oauthlib.oauth2.rfc6749.grant_types.authorization_code import code_challenge_method_s256

from accounts.applications import secret_rotation
from accounts.integrations.oidc import authorization_codes, id_and_logout_tokens
from accounts.models import OidcClient, OidcSignIn
from verification import inputs
from verification.context import Context

SECRET = "oidc_client"  # noqa: S105  (the purpose of a digest)
CONTEXT = "mfa.context"  # where the view puts the context of the request, among the headers
_MAX_CLIENT_ID_LENGTH = 255  # characters


class Validator(OAuth2Validator):  # type: ignore[misc]  # the toolkit ships no types
    """Named in the setting `OAUTH2_VALIDATOR_CLASS`. `request` is oauthlib's, which carries what was found so far."""

    # Clients ----------------------------------------------------------------------------------------------------

    def _load_application(self, client_id: str, request: Any) -> OidcClient | None:
        loaded = request.client
        if isinstance(loaded, OidcClient) and loaded.client_id == client_id:
            return loaded
        request.client = None
        if not client_id or len(client_id) > _MAX_CLIENT_ID_LENGTH or inputs.flaw(client_id):
            return None
        client = OidcClient.objects.select_related("application").filter(client_id=client_id).first()
        if client is None or not client.is_usable(request):
            return None
        request.client = client
        return client

    def client_authentication_required(self, request: Any, *_args: Any, **_kwargs: Any) -> bool:
        """Only a public client that shows no secret needs none."""
        if request.headers.get("HTTP_AUTHORIZATION") or request.client_secret:
            return True
        client = self._load_application(request.client_id or "", request)
        return client is None or not client.is_public

    def authenticate_client(self, request: Any, *_args: Any, **_kwargs: Any) -> bool:
        """Check a secret in the header or in the form, not in both. Source: RFC 6749, 2.3.1."""
        header = request.headers.get("HTTP_AUTHORIZATION")
        if header and request.client_secret:
            return False
        client_id, secret = _basic(header) if header else (request.client_id or "", request.client_secret or "")
        if header and request.client_id not in {None, client_id}:
            return False
        client = self._load_application(client_id, request)
        is_right = (
            client is not None
            and not client.is_public
            and secret_rotation.matches(client, SECRET, secret, timezone.now())
        )
        if is_right:
            request.client_id = client_id
        return is_right

    def validate_grant_type(
        self, client_id: str, grant_type: str, client: OidcClient, request: Any, *args: Any
    ) -> bool:
        """Accept the grant types that exist here. oauthlib also takes `openid`, and the toolkit's validator raises."""
        if grant_type not in {"authorization_code", "refresh_token"}:
            raise errors.UnsupportedGrantTypeError(request=request)
        return bool(super().validate_grant_type(client_id, grant_type, client, request, *args))

    def authenticate_client_id(self, client_id: str, request: Any, *_args: Any, **_kwargs: Any) -> bool:
        """Accept a client that can keep no secret by its name alone."""
        client = self._load_application(client_id or "", request)
        return client is not None and client.is_public

    # Codes ------------------------------------------------------------------------------------------------------

    def validate_code(self, client_id: str, code: str, client: OidcClient, request: Any, *_args: Any) -> bool:
        """Find the sign-in of a code. If the code was redeemed before, its tokens are revoked. Source: RFC 6749, 4.1.2.

        The id of a client without a secret is public, and a code can end up in a log. So for such a client, only
        someone who also has the code verifier can revoke anything.
        """
        now = timezone.now()
        sign_in = authorization_codes.of_code(code, client.pk, now)
        if sign_in is None:
            return False
        if sign_in.redeemed_at is not None:
            if not client.is_public or _has_verifier(request, sign_in):
                authorization_codes.replayed(sign_in, "code", _context(request))
            return False
        if sign_in.code_ends_at <= now or authorization_codes.is_over(sign_in, now):
            return False
        request.sign_in, request.user, request.scopes = sign_in, sign_in.user, sign_in.scope.split()
        return True

    def get_code_challenge(self, code: str, request: Any) -> str:
        return str(request.sign_in.code_challenge)

    def get_code_challenge_method(self, code: str, request: Any) -> str:
        return "S256"

    def is_pkce_required(self, client_id: str, request: Any) -> bool:
        return True

    def confirm_redirect_uri(
        self, client_id: str, code: str, redirect_uri: str, client: OidcClient, request: Any, *_args: Any
    ) -> bool:
        return bool(redirect_uri == request.sign_in.redirect_uri)

    def get_default_redirect_uri(self, client_id: str, request: Any, *_args: Any, **_kwargs: Any) -> str:
        return ""  # it must be given, and be the same as before

    def get_authorization_code_nonce(self, client_id: str, code: str, redirect_uri: str, request: Any) -> str:
        return str(request.sign_in.nonce)

    def invalidate_authorization_code(self, client_id: str, code: str, request: Any, *_args: Any) -> None:
        """Nothing is left to do: the code was claimed before any token was stored."""

    # Tokens -----------------------------------------------------------------------------------------------------

    def save_bearer_token(self, token: dict[str, Any], request: Any, *args: Any, **kwargs: Any) -> None:
        """Store new tokens, unless another request used the code or the refresh token a moment ago."""
        is_code = request.grant_type == "authorization_code"
        is_first = authorization_codes.claim(request.sign_in, timezone.now()) if is_code else _is_unused(request)
        if not is_first:
            authorization_codes.replayed(request.sign_in, "code" if is_code else "refresh token", _context(request))
            raise errors.InvalidGrantError(request=request)
        super().save_bearer_token(token, request, *args, **kwargs)

    def _check_and_set_request_resource(self, request: Any) -> None:
        request.resource = []  # tokens are for userinfo and introspection, and for no named resource

    def _create_refresh_token(self, request: Any, code: str, access_token: Any, previous: Any) -> Any:
        row = RefreshToken(
            user=request.user,
            application=request.client,
            access_token=access_token,
            token_family=request.sign_in.pk,
            resource=[],
        )
        self._set_token_value(row, code)
        row.save(force_insert=True)
        return row

    def _load_id_token(self, token: str) -> None:
        """Store no ID tokens, and accept none in place of an access token."""

    def get_id_token(self, token: dict[str, Any], token_handler: Any, request: Any) -> str:
        """Sign the ID token. A refreshed one has no nonce. Source: OpenID Connect Core 1.0, 12.2."""
        is_first = request.grant_type == "authorization_code"
        return id_and_logout_tokens.id_token(
            request.sign_in,
            allowed=request.scopes,
            access_token=token["access_token"],
            nonce=request.sign_in.nonce if is_first else "",
            now=timezone.now(),
        )

    def validate_refresh_token(self, refresh_token: str, client: OidcClient, request: Any, *args: Any) -> bool:
        """Find the sign-in of a refresh token, and refuse if it is over. One that was used before ends it."""
        now = timezone.now()
        if not super().validate_refresh_token(refresh_token, client, request, *args):
            self._look_for_reuse(refresh_token, client, request)
            return False
        sign_in = authorization_codes.of_family(request.refresh_token_instance.token_family)
        if sign_in is None or sign_in.client_id != client.pk or not authorization_codes.may_refresh(sign_in, now):
            return False
        request.sign_in, request.user = sign_in, sign_in.user
        return True

    def revoke_token(self, token: str, token_type_hint: str, request: Any, *args: Any, **kwargs: Any) -> None:
        """Revoke a token. With a refresh token, everything that came from its sign-in ends. Source: RFC 7009, 2.1."""
        checksum = hashlib.sha256(token.encode()).hexdigest()
        theirs = RefreshToken.objects.filter(token_checksum=checksum, application=request.client)
        families = theirs.values("token_family")
        authorization_codes.end(OidcSignIn.objects.filter(pk__in=families), timezone.now())
        super().revoke_token(token, token_type_hint, request, *args, **kwargs)

    def _look_for_reuse(self, refresh_token: str, client: OidcClient, request: Any) -> None:
        checksum = hashlib.sha256(refresh_token.encode()).hexdigest()
        used = RefreshToken.objects.filter(token_checksum=checksum, revoked__isnull=False, application=client).first()
        sign_in = authorization_codes.of_family(used.token_family) if used is not None else None
        if sign_in is not None:
            authorization_codes.replayed(sign_in, "refresh token", _context(request))


def _has_verifier(request: Any, sign_in: OidcSignIn) -> bool:
    """Return whether a request contains the code verifier of a sign-in. Source: RFC 7636, 4.6."""
    shown = request.code_verifier or ""
    return shown.isascii() and code_challenge_method_s256(shown, sign_in.code_challenge)


def _is_unused(request: Any) -> bool:
    """Lock a refresh token, and return whether it still works: another request may have used it since it was found.

    The toolkit would then give both requests the same tokens, which it can't: it has only their digests.
    """
    rows = RefreshToken.objects.select_for_update().filter(pk=request.refresh_token_instance.pk, revoked__isnull=True)
    return bool(rows.values_list("pk", flat=True).first())


def _basic(header: str) -> tuple[str, str]:
    """Read a name and a secret, each form-encoded. Source: RFC 6749, 2.3.1."""
    scheme, _space, value = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        name, _colon, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError:  # no base64, or no UTF-8 in it
        return "", ""
    return unquote_plus(name), unquote_plus(secret)


def shown_client_id(request: HttpRequest) -> str:
    """Return the client that a request says it comes from, right or wrong."""
    header = request.headers.get("Authorization", "")
    return _basic(header)[0] if header else request.POST.get("client_id", "")


def _context(request: Any) -> Context:
    """Return the context that the view put among the headers, beside what the client sent."""
    context: Context = request.headers[CONTEXT]
    return context

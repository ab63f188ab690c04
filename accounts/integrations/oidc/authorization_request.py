"""Reads an authorization request: which client asks, what for, and what it demands of the verification.

Nothing is decided here. Source: OpenID Connect Core 1.0, 3.1.2.1; RFC 7636, 4.3; RFC 9700, 2.1.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from accounts.integrations.oidc import redirect_uris, scopes_and_claims_about_person
from accounts.models import OidcClient
from verification.db.compiled_queries import BindParam, Select

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")  # Source: RFC 7636, 4.2: base64url of SHA-256
_NUMBER = re.compile(r"[0-9]{1,9}")
MAX_STATE_LENGTH = 1500  # characters; some gateways put the address of the page into `state`
_MAX_LENGTHS = {"state": MAX_STATE_LENGTH, "nonce": 500, "login_hint": 500, "acr_values": 500}  # characters
_MAX_CLAIMS_LENGTH = 2000  # characters
PROMPTS = frozenset({"none", "login", "consent", "select_account"})
_ONCE = (
    "client_id", "redirect_uri", "response_type", "scope", "state", "nonce", "code_challenge", "code_challenge_method",
    "prompt", "max_age", "acr_values", "claims", "login_hint", "id_token_hint", "response_mode",
)  # fmt: skip
_UNSUPPORTED = {
    "request": "request_not_supported",
    "request_uri": "request_uri_not_supported",
    "registration": "registration_not_supported",
}

Query = Mapping[str, Sequence[str]]


class Unanswerable(Exception):
    """There is no address to which an answer may go, so the person is told. Shape: a word of `client`, `redirect`."""


class AuthorizationError(Exception):
    """The client gets an error. Shape: the code as in OpenID Connect Core 1.0, 3.1.2.6, and a sentence in ASCII."""

    def __init__(self, error: str, description: str = "") -> None:
        super().__init__(error)
        self.error, self.description = error, description


@dataclass(frozen=True, kw_only=True)
class Answerable:
    """Where an answer to a request goes, even if the answer is an error."""

    client: OidcClient
    redirect_uri: str
    state: str


@dataclass(frozen=True, kw_only=True)
class AuthorizationRequest:
    """What a client asks for. `acrs` is a wish in order of preference, and `essential_acrs` is a must."""

    to: Answerable
    scopes: tuple[str, ...]
    nonce: str
    code_challenge: str
    prompts: frozenset[str]
    max_age: timedelta | None
    acrs: tuple[str, ...]
    essential_acrs: tuple[str, ...]
    login_hint: str
    id_token_hint: str
    subject: str  # the only person the client accepts, empty for anyone


_CLIENT = Select(lambda: OidcClient.objects.select_related("application").filter(client_id=BindParam("client_id")))


def answerable(query: Query) -> Answerable:
    """Return where the answer goes. Errors: `Unanswerable`."""
    if len(query.get("client_id", ())) != 1 or not 0 < len(_first(query, "client_id")) <= 255:
        raise Unanswerable("client")
    client = _CLIENT.first(client_id=_first(query, "client_id"))
    if client is None or not client.application.is_active:
        raise Unanswerable("client")
    uri = _first(query, "redirect_uri")
    if len(query.get("redirect_uri", ())) != 1 or not redirect_uris.is_registered(uri, client):
        raise Unanswerable("redirect")
    state = _first(query, "state")
    return Answerable(client=client, redirect_uri=uri, state=state if len(state) <= MAX_STATE_LENGTH else "")


def read(query: Query, to: Answerable) -> AuthorizationRequest:
    """Read everything else. A parameter without a value counts as missing (RFC 6749, 3.1).

    Errors: `AuthorizationError`.
    """
    for name in _ONCE:
        if len(query.get(name, ())) > 1:
            raise AuthorizationError("invalid_request", f"{name} is given more than once")
    for name, error in _UNSUPPORTED.items():
        if any(query.get(name, ())):
            raise AuthorizationError(error)
    for name, longest in _MAX_LENGTHS.items():
        if len(_first(query, name)) > longest:
            raise AuthorizationError("invalid_request", f"{name} is too long")
    if _first(query, "response_type") != "code":
        raise AuthorizationError(
            "unsupported_response_type" if _first(query, "response_type") else "invalid_request", "only code"
        )
    if _first(query, "response_mode") not in {"", "query"}:
        raise AuthorizationError("invalid_request", "only response_mode query")
    claims = _claims(_first(query, "claims"))
    return AuthorizationRequest(
        to=to,
        scopes=_scopes(_first(query, "scope")),
        nonce=_first(query, "nonce"),
        code_challenge=_challenge(query),
        prompts=_prompts(_first(query, "prompt")),
        max_age=_max_age(_first(query, "max_age")),
        acrs=tuple(_first(query, "acr_values").split()) or _wanted(claims.get("acr")),
        essential_acrs=_essential(claims.get("acr")),
        login_hint=_first(query, "login_hint"),
        id_token_hint=_first(query, "id_token_hint"),
        subject=_one(claims.get("sub")),
    )


def _first(query: Query, name: str) -> str:
    values = query.get(name) or ("",)
    return values[0]


def _scopes(text: str) -> tuple[str, ...]:
    """Leave out scopes that don't exist. Source: OpenID Connect Core 1.0, 3.1.2.1: they should be ignored."""
    asked = text.split()
    if "openid" not in asked:
        raise AuthorizationError("invalid_scope", "scope must contain openid")
    return tuple(name for name in scopes_and_claims_about_person.NAMES if name in asked)


def _challenge(query: Query) -> str:
    challenge, method = _first(query, "code_challenge"), _first(query, "code_challenge_method")
    if not challenge:
        raise AuthorizationError("invalid_request", "code_challenge is required (PKCE)")
    if method != "S256":  # without one it would be `plain`
        raise AuthorizationError("invalid_request", "code_challenge_method must be S256")
    if not _CHALLENGE.fullmatch(challenge):
        raise AuthorizationError("invalid_request", "code_challenge is not a SHA-256 in base64url")
    return challenge


def _prompts(text: str) -> frozenset[str]:
    prompts = frozenset(text.split())
    if prompts - PROMPTS:
        raise AuthorizationError("invalid_request", "prompt has an unknown value")
    if "none" in prompts and len(prompts) > 1:
        raise AuthorizationError("invalid_request", "prompt none stands alone")
    return prompts


def _max_age(text: str) -> timedelta | None:
    if not text:
        return None
    if not _NUMBER.fullmatch(text):
        raise AuthorizationError("invalid_request", "max_age is a number of seconds")
    return timedelta(seconds=int(text))


def _claims(text: str) -> dict[str, Any]:
    """Return what the claims parameter says of the ID token. Source: OpenID Connect Core 1.0, 5.5."""
    if not text:
        return {}
    try:
        claims = json.loads(text) if len(text) <= _MAX_CLAIMS_LENGTH else None
    except (ValueError, RecursionError):
        claims = None
    if not isinstance(claims, dict):
        raise AuthorizationError("invalid_request", "claims is not a JSON object")
    of_id_token = claims.get("id_token")
    return of_id_token if isinstance(of_id_token, dict) else {}


def _wanted(claim: Any) -> tuple[str, ...]:  # noqa: ANN401  (from outside)
    """Return the values that a client asks of a claim."""
    if not isinstance(claim, dict):
        return ()
    values = claim.get("values", [claim["value"]] if "value" in claim else [])
    return tuple(each for each in values if isinstance(each, str)) if isinstance(values, list) else ()


def _essential(claim: Any) -> tuple[str, ...]:  # noqa: ANN401  (from outside)
    return _wanted(claim) if isinstance(claim, dict) and claim.get("essential") is True else ()


def _one(claim: Any) -> str:  # noqa: ANN401  (from outside)
    return next(iter(_wanted(claim)), "")

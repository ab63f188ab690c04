"""The OpenID Foundation's conformance profiles for providers, line by line, with openid-client as the client.

Their own suite needs Java and a database, and isn't run here. Each test has the name of its line in the plans Basic OP,
Config OP, RP-Initiated Logout OP and Back-Channel Logout OP. Those that no test has are in `REFUSED`, with the reason.
"""

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from mfasite.demo.launcher import Stack
from tests.accounts.integrations.oidc import foreign_clients
from tests.accounts.integrations.oidc.foreign_clients import AFTER_LOGOUT, OpenidClient, OpenidClientError
from tests.simulated.http_browser import Browser, Page

pytestmark = [pytest.mark.services, pytest.mark.xdist_group("stack")]
MFA = "https://refeds.org/profile/mfa"

# Lines about what this provider doesn't have; the suite skips them, or wants the error that is tested here.
REFUSED = {
    "oidcc-scope-address": "scope address is not in scopes_supported",
    "oidcc-scope-phone": "scope phone is not in scopes_supported",
    "oidcc-ensure-request-object-with-redirect-uri": "request_parameter_supported is false",
}


@pytest.fixture
def tokens(stack: Stack, library: OpenidClient, web: Browser) -> dict[str, Any]:
    """Cleo is signed in to the service and to the client."""
    library.do("discover", auth="basic")
    return foreign_clients.signed_in(stack, library, web)


def finish(library: OpenidClient, page: Page) -> Any:
    return library.do("finish", url=foreign_clients.target(page))


# Basic OP ------------------------------------------------------------------------------------------------------


def test_passes_oidcc_server(tokens: Any) -> None:
    assert {"iss", "sub", "aud", "exp", "iat", "nonce", "at_hash"} <= set(tokens["claims"])


def test_oidcc_response_type_missing(tokens: Any, library: OpenidClient, web: Browser) -> None:
    address = library.do("start").replace("response_type=code&", "").replace("&response_type=code", "")

    page = web.go(address)

    with pytest.raises(OpenidClientError, match=r"invalid_request|unsupported_response_type"):
        finish(library, page)


def test_oidcc_userinfo_get(tokens: Any, library: OpenidClient) -> None:
    assert library.do("userinfo", token=tokens["access_token"], subject=tokens["claims"]["sub"])["sub"]


@pytest.mark.parametrize("place", ["header", "body"])
def test_oidcc_userinfo_post(tokens: Any, stack: Stack, place: str) -> None:
    """oidcc-userinfo-post-header, oidcc-userinfo-post-body."""
    client = foreign_clients.ClientOfManyServers(stack.url)
    body = {"access_token": tokens["access_token"]} if place == "body" else {"x": "y"}
    if place == "header":
        client.defaults["Authorization"] = f"Bearer {tokens['access_token']}"

    answer = client.post("/oauth/userinfo/", body)

    assert json.loads(answer.content)["sub"] == tokens["claims"]["sub"]


def test_oidcc_ensure_request_without_nonce_succeeds_for_code_flow(
    tokens: Any, stack: Stack, library: OpenidClient, web: Browser
) -> None:
    address = library.do("start")
    nonce = address.partition("&nonce=")[2].partition("&")[0]

    page = web.go(address.replace(f"&nonce={nonce}", ""))

    assert "code=" in foreign_clients.target(page)


@pytest.mark.parametrize(
    ("scope", "claims"),
    [
        ("openid profile", {"name", "preferred_username"}),
        ("openid email", {"email", "email_verified"}),
        ("openid profile email groups", {"name", "email", "groups"}),
    ],
)
def test_passes_oidcc_scope(tokens: Any, library: OpenidClient, web: Browser, scope: str, claims: set[str]) -> None:
    """oidcc-scope-profile, oidcc-scope-email, oidcc-scope-all."""
    found = finish(library, foreign_clients.start_sign_in(library, web, scope=scope))

    assert claims <= set(library.do("userinfo", token=found["access_token"], subject=found["claims"]["sub"]))


def test_oidcc_ensure_other_scope_order_succeeds(tokens: Any, library: OpenidClient, web: Browser) -> None:
    assert finish(library, foreign_clients.start_sign_in(library, web, scope="email openid profile"))["id_token"]


@pytest.mark.parametrize(
    "parameters",
    [
        {"display": "page"},
        {"display": "popup"},
        {"ui_locales": "se"},
        {"claims_locales": "se"},
        {"extra": "foobar"},
        {"login_hint": "bob@example.com"},
        {"acr_values": "1 2"},
        {"claims": '{"userinfo": {"name": {"essential": true}}}'},
    ],
    ids=[
        "oidcc-display-page",
        "oidcc-display-popup",
        "oidcc-ui-locales",
        "oidcc-claims-locales",
        "oidcc-ensure-request-with-unknown-parameter-succeeds",
        "oidcc-login-hint",
        "oidcc-ensure-request-with-acr-values-succeeds",
        "oidcc-claims-essential",
    ],
)
def test_oidcc_request_with(tokens: Any, library: OpenidClient, web: Browser, parameters: dict[str, str]) -> None:
    assert finish(library, foreign_clients.start_sign_in(library, web, **parameters))["id_token"]


def verify(stack: Stack, web: Browser, page: Page, name: str) -> Page:
    assert page.path == "/sign-in/again/"
    web.press(next(form for form in page.forms if form.method == "post").buttons[0][0])
    return foreign_clients.verify(stack, web, name)


def test_oidcc_prompt_login(stack: Stack, library: OpenidClient) -> None:
    opal = foreign_clients.open_browser(stack)
    tokens = foreign_clients.signed_in(stack, library, opal, "opal")
    foreign_clients.let_pass(library, tokens["claims"]["auth_time"], seconds=1)

    again = finish(library, verify(stack, opal, foreign_clients.start_sign_in(library, opal, prompt="login"), "opal"))

    assert again["claims"]["auth_time"] > tokens["claims"]["auth_time"]


def test_oidcc_prompt_none_not_logged_in(stack: Stack, library: OpenidClient) -> None:
    with pytest.raises(OpenidClientError, match="login_required"):
        finish(library, foreign_clients.start_sign_in(library, foreign_clients.open_browser(stack), prompt="none"))


def test_oidcc_prompt_none_logged_in(tokens: Any, library: OpenidClient, web: Browser) -> None:
    claims = finish(library, foreign_clients.start_sign_in(library, web, prompt="none"))["claims"]

    assert (claims["sub"], claims["auth_time"]) == (tokens["claims"]["sub"], tokens["claims"]["auth_time"])


def test_oidcc_max_age_1(stack: Stack, library: OpenidClient) -> None:
    fay = foreign_clients.open_browser(stack)
    tokens = foreign_clients.signed_in(stack, library, fay, "fay")
    foreign_clients.let_pass(library, tokens["claims"]["auth_time"], seconds=2)

    again = finish(library, verify(stack, fay, foreign_clients.start_sign_in(library, fay, max_age="1"), "fay"))

    assert again["claims"]["auth_time"] > tokens["claims"]["auth_time"]


def test_oidcc_max_age_10000(tokens: Any, library: OpenidClient, web: Browser) -> None:
    claims = finish(library, foreign_clients.start_sign_in(library, web, max_age="10000"))["claims"]

    assert claims["auth_time"] == tokens["claims"]["auth_time"]


def test_oidcc_id_token_hint(tokens: Any, library: OpenidClient, web: Browser) -> None:
    page = foreign_clients.start_sign_in(library, web, prompt="none", id_token_hint=tokens["id_token"])

    assert finish(library, page)["claims"]["sub"] == tokens["claims"]["sub"]


def test_oidcc_codereuse(tokens: Any, library: OpenidClient, web: Browser) -> None:
    """oidcc-codereuse and oidcc-codereuse-30seconds: refused at once, so also later, and what it gave is void."""
    page = foreign_clients.start_sign_in(library, web)
    first = finish(library, page)

    with pytest.raises(OpenidClientError, match="invalid_grant"):
        finish(library, page)
    with pytest.raises(OpenidClientError):
        library.do("userinfo", token=first["access_token"], subject=first["claims"]["sub"])


def test_oidcc_ensure_registered_redirect_uri(tokens: Any, library: OpenidClient, web: Browser) -> None:
    page = foreign_clients.start_sign_in(library, web, redirect_uri=f"{foreign_clients.CALLBACK}?x=1")

    assert page.status == 400
    assert not foreign_clients.location(page)


def test_oidcc_ensure_post_request_succeeds(tokens: Any, library: OpenidClient, web: Browser) -> None:
    address, _mark, query = library.do("start").partition("?")

    page = Page(web.client.ask("POST", address, query.encode()))  # type: ignore[attr-defined]  # a surfer

    assert finish(library, page)["id_token"]


def test_oidcc_server_client_secret_post(tokens: Any, library: OpenidClient, web: Browser) -> None:
    library.do("discover", auth="post")

    assert finish(library, foreign_clients.start_sign_in(library, web))["id_token"]


def test_oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported(
    tokens: Any, library: OpenidClient, web: Browser
) -> None:
    with pytest.raises(OpenidClientError, match="request_not_supported"):
        finish(library, foreign_clients.start_sign_in(library, web, request="eyJhbGciOiJub25lIn0.e30."))


def test_oidcc_refresh_token(tokens: Any, library: OpenidClient) -> None:
    again = library.do("refresh", token=tokens["refresh_token"])

    for name in ("iss", "sub", "aud", "auth_time"):
        assert again["claims"][name] == tokens["claims"][name]
    assert "nonce" not in again["claims"]


def test_oidcc_ensure_request_with_valid_pkce_succeeds(tokens: Any, library: OpenidClient, web: Browser) -> None:
    assert finish(library, foreign_clients.start_sign_in(library, web))["access_token"]


# Config OP -----------------------------------------------------------------------------------------------------


def test_oidcc_discovery_endpoint_verification(stack: Stack, library: OpenidClient) -> None:
    known = library.do("discover", auth="basic")

    assert known["issuer"] == stack.url
    for name in ("authorization", "token", "userinfo", "end_session", "revocation", "introspection"):
        assert known[f"{name}_endpoint"].startswith(f"{stack.url}/oauth/")
    assert set(known["id_token_signing_alg_values_supported"]) == {"RS256", "ES256"}
    assert "none" not in known["id_token_signing_alg_values_supported"]
    assert known["subject_types_supported"] == ["public"]
    assert known["grant_types_supported"] == ["authorization_code", "refresh_token"]
    keys = json.loads(foreign_clients.ClientOfManyServers(stack.url).get("/oauth/jwks.json").content)["keys"]
    assert {key["alg"] for key in keys} == {"RS256", "ES256"}
    assert all(key["use"] == "sig" and key["kid"] and not {"d", "p", "q"} & set(key) for key in keys)


# RP-Initiated Logout OP ----------------------------------------------------------------------------------------


def leave(web: Browser, stack: Stack, **query: str) -> Page:
    return web.go(f"{stack.url}/oauth/logout/?{urlencode(query)}")


def is_signed_in(library: OpenidClient, web: Browser) -> bool:
    return "code=" in foreign_clients.location(foreign_clients.start_sign_in(library, web, prompt="none"))


def test_oidcc_rp_initiated_logout(tokens: Any, stack: Stack, library: OpenidClient, web: Browser) -> None:
    page = leave(web, stack, id_token_hint=tokens["id_token"], post_logout_redirect_uri=AFTER_LOGOUT, state="a b")

    assert foreign_clients.location(page) == f"{AFTER_LOGOUT}?state=a+b"
    assert not is_signed_in(library, web)


def test_oidcc_rp_initiated_logout_no_state(tokens: Any, stack: Stack, library: OpenidClient, web: Browser) -> None:
    page = leave(web, stack, id_token_hint=tokens["id_token"], post_logout_redirect_uri=AFTER_LOGOUT)

    assert foreign_clients.location(page) == AFTER_LOGOUT
    assert not is_signed_in(library, web)


@pytest.mark.parametrize("uri", ["https://evil.example/", f"{AFTER_LOGOUT}?added=1"])
def test_oidcc_rp_initiated_logout_bad_post_logout_redirect_uri(
    tokens: Any, stack: Stack, library: OpenidClient, web: Browser, uri: str
) -> None:
    """Also oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri."""
    page = leave(web, stack, id_token_hint=tokens["id_token"], post_logout_redirect_uri=uri)

    assert not foreign_clients.location(page)


def test_oidcc_rp_initiated_logout_no_post_logout_redirect_uri(
    tokens: Any, stack: Stack, library: OpenidClient, web: Browser
) -> None:
    page = leave(web, stack, id_token_hint=tokens["id_token"])

    assert page.status == 200
    assert not is_signed_in(library, web)


@pytest.mark.parametrize("hint", ["", "modified", "nonsense"])
def test_oidcc_rp_initiated_logout_bad_id_token_hint(
    tokens: Any, stack: Stack, library: OpenidClient, web: Browser, hint: str
) -> None:
    """oidcc-rp-initiated-logout-no-id-token-hint, -modified-id-token-hint, -bad-id-token-hint: the person is asked."""
    head, body, signature = tokens["id_token"].split(".")
    token = f"{head}.{body}.{signature[:-8]}AAAAAAAA" if hint == "modified" else hint

    page = leave(web, stack, post_logout_redirect_uri=AFTER_LOGOUT, **({"id_token_hint": token} if token else {}))

    assert not foreign_clients.location(page)
    assert is_signed_in(library, web)


@pytest.mark.parametrize("query", [{}, {"state": "x"}], ids=["no-params", "only-state"])
def test_oidcc_rp_initiated_logout_with_little(
    tokens: Any, stack: Stack, library: OpenidClient, web: Browser, query: dict[str, str]
) -> None:
    """oidcc-rp-initiated-logout-no-params, oidcc-rp-initiated-logout-only-state."""
    assert not foreign_clients.location(leave(web, stack, **query))
    assert is_signed_in(library, web)


# Back-Channel Logout OP ----------------------------------------------------------------------------------------


def test_oidcc_backchannel_rp_initiated_logout(tokens: Any, stack: Stack, library: OpenidClient, web: Browser) -> None:
    before = len(library.do("heard"))

    leave(web, stack, id_token_hint=tokens["id_token"], post_logout_redirect_uri=AFTER_LOGOUT)
    stack.crew.wait("The sign-out", lambda: len(library.do("heard")) > before, seconds=5)

    [claims] = library.do("heard")[before:]
    assert claims["sid"] == tokens["claims"]["sid"]
    assert claims["sub"] == tokens["claims"]["sub"]
    assert {"iss", "aud", "iat", "exp", "jti", "events"} <= set(claims)

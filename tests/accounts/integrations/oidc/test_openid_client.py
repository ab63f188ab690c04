"""Tests with openid-client, a certified relying party library, on the running service."""

import pytest

from mfasite.demo.launcher import Stack
from tests.accounts.integrations.oidc import foreign_clients
from tests.accounts.integrations.oidc.foreign_clients import AFTER_LOGOUT, OpenidClient, OpenidClientError
from tests.simulated.http_browser import Browser

pytestmark = [pytest.mark.services, pytest.mark.xdist_group("stack")]
MFA = "https://refeds.org/profile/mfa"


def test_tells_what_it_can(library: OpenidClient) -> None:
    known = library.do("discover")

    assert known["response_types_supported"] == ["code"]
    assert known["code_challenge_methods_supported"] == ["S256"]


def test_signs_in_with_code_and_pkce(stack: Stack, library: OpenidClient, web: Browser) -> None:
    tokens = foreign_clients.signed_in(stack, library, web)

    assert tokens["claims"]["acr"] == MFA
    assert tokens["claims"]["preferred_username"] == "cleo"
    assert library.do("userinfo", token=tokens["access_token"], subject=tokens["claims"]["sub"])["name"] == "Cleo Meier"
    assert library.do("introspect", token=tokens["access_token"])["active"] is True


@pytest.mark.parametrize("auth", ["basic", "post"])
def test_sends_its_secret_either_way(stack: Stack, library: OpenidClient, web: Browser, auth: str) -> None:
    library.do("discover", auth=auth)

    assert foreign_clients.signed_in(stack, library, web)["id_token"]


def test_needs_its_verifier(stack: Stack, library: OpenidClient, web: Browser) -> None:
    foreign_clients.signed_in(stack, library, web)
    page = foreign_clients.start_sign_in(library, web)

    with pytest.raises(OpenidClientError, match="invalid_grant"):
        library.do("finish", url=foreign_clients.target(page), verifier="x" * 43)


def test_checks_the_age(stack: Stack, library: OpenidClient, web: Browser) -> None:
    tokens = foreign_clients.signed_in(stack, library, web)
    page = foreign_clients.start_sign_in(library, web, max_age="3600")

    assert (
        library.do("finish", url=foreign_clients.target(page))["claims"]["auth_time"] == tokens["claims"]["auth_time"]
    )


def test_openid_client_asks_for_a_stronger_verification(stack: Stack, library: OpenidClient, web: Browser) -> None:
    """With max_age=0 the person verifies again, and the library checks that auth_time is new."""
    before = foreign_clients.signed_in(stack, library, web)["claims"]["auth_time"]
    foreign_clients.let_pass(library, before, seconds=1)
    page = foreign_clients.start_sign_in(library, web, max_age="0", acr_values=MFA)
    assert page.path == "/sign-in/again/"

    web.press(next(form for form in page.forms if form.method == "post").buttons[0][0])
    page = foreign_clients.verify(stack, web, "cleo")

    claims = library.do("finish", url=foreign_clients.target(page))["claims"]
    assert claims["auth_time"] > before
    assert claims["acr"] == MFA


def test_gets_an_error_for_a_level_that_cant_be_reached(stack: Stack, library: OpenidClient, web: Browser) -> None:
    foreign_clients.signed_in(stack, library, web)
    page = foreign_clients.start_sign_in(
        library, web, prompt="none", claims='{"id_token": {"acr": {"essential": true, "values": ["phr"]}}}'
    )

    with pytest.raises(OpenidClientError, match="unmet_authentication_requirements"):
        library.do("finish", url=foreign_clients.target(page))


def test_refreshes_once(stack: Stack, library: OpenidClient, web: Browser) -> None:
    tokens = foreign_clients.signed_in(stack, library, web)

    refreshed = library.do("refresh", token=tokens["refresh_token"])

    for name in ("sub", "acr", "auth_time", "sid"):
        assert refreshed["claims"][name] == tokens["claims"][name]
    with pytest.raises(OpenidClientError, match="invalid_grant"):
        library.do("refresh", token=tokens["refresh_token"])
    with pytest.raises(OpenidClientError, match="invalid_grant"):
        library.do("refresh", token=refreshed["refresh_token"])


def test_code_is_used_once(stack: Stack, library: OpenidClient, web: Browser) -> None:
    foreign_clients.signed_in(stack, library, web)
    url = foreign_clients.target(foreign_clients.start_sign_in(library, web))
    tokens = library.do("finish", url=url)

    with pytest.raises(OpenidClientError, match="invalid_grant"):
        library.do("finish", url=url)
    with pytest.raises(OpenidClientError):
        library.do("userinfo", token=tokens["access_token"], subject=tokens["claims"]["sub"])


def test_openid_client_revokes_its_tokens(stack: Stack, library: OpenidClient, web: Browser) -> None:
    tokens = foreign_clients.signed_in(stack, library, web)
    library.do("revoke", token=tokens["refresh_token"])

    with pytest.raises(OpenidClientError, match="invalid_grant"):
        library.do("refresh", token=tokens["refresh_token"])


def test_signs_out_and_hears_of_it(stack: Stack, library: OpenidClient, web: Browser) -> None:
    """RP-initiated logout, and the back-channel logout that follows from it."""
    tokens = foreign_clients.signed_in(stack, library, web)
    before = len(library.do("heard"))
    parameters = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": AFTER_LOGOUT, "state": "s"}

    page = web.go(library.do("leave", parameters=parameters))

    assert foreign_clients.location(page) == f"{AFTER_LOGOUT}?state=s"
    stack.crew.wait("The sign-out", lambda: len(library.do("heard")) > before, seconds=5)
    [claims] = library.do("heard")[before:]
    assert (claims["sub"], claims["sid"]) == (tokens["claims"]["sub"], tokens["claims"]["sid"])
    with pytest.raises(OpenidClientError, match="invalid_grant"):
        library.do("refresh", token=tokens["refresh_token"])
    with pytest.raises(OpenidClientError, match="login_required"):
        library.do("finish", url=foreign_clients.target(foreign_clients.start_sign_in(library, web, prompt="none")))


def test_hears_of_a_lock_within_a_second(stack: Stack, library: OpenidClient) -> None:
    """With another client that is down, which delays nobody."""
    opal = foreign_clients.open_browser(stack)
    down, secret = foreign_clients.make_client(stack, "down", logout_uri="http://127.0.0.1:9/")
    tokens = foreign_clients.signed_in(stack, library, opal, "opal")
    with foreign_clients.library(stack, down, secret) as other:
        other.do("discover")
        foreign_clients.signed_in(stack, other, opal, "opal")
    before = len(library.do("heard"))

    ended = float(foreign_clients.run_in_service(stack, _LOCK))
    stack.crew.wait("The sign-out", lambda: len(library.do("heard")) > before, seconds=5)

    [claims] = library.do("heard")[before:]
    assert claims["sub"] == tokens["claims"]["sub"]
    assert claims["heardAt"] - ended < 1
    with pytest.raises(OpenidClientError, match="invalid_grant"):
        library.do("refresh", token=tokens["refresh_token"])


_LOCK = """
import django, time; django.setup()
from accounts.models import User
from verification import enrolments
enrolments.raise_epoch(User.objects.get(username="opal"))
print(time.time())
time.sleep(1)
"""

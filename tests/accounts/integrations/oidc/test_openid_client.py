"""Tests with openid-client, a certified relying party library, on the running service."""

from collections.abc import Iterator
from typing import Any

import pytest

from mfasite.demo.launcher import Stack
from tests.accounts.integrations.oidc import foreign
from tests.accounts.integrations.oidc.foreign import AFTER_LOGOUT, Failed, Library
from tests.pages import Browser

pytestmark = [pytest.mark.services, pytest.mark.xdist_group("stack")]
MFA = "https://refeds.org/profile/mfa"


@pytest.fixture(scope="module")
def party(stack: Stack) -> Iterator[Library]:
    """A confidential client that is told of sign-outs."""
    name, secret = foreign.make_client(stack, "library")
    with foreign.library(stack, name, secret) as found:
        run = f"""
import django; django.setup()
from accounts.models import OidcClient
OidcClient.objects.filter(client_id={name!r}).update(logout_uri="http://127.0.0.1:{found.port}/logout")
"""
        foreign.run(stack, run)
        found.do("discover")
        yield found


@pytest.fixture(scope="module")
def browser(stack: Stack) -> Browser:
    """The browser of Cleo, who has an authenticator app."""
    return foreign.open_browser(stack)


def ask(party: Library, browser: Browser, **parameters: str) -> Any:
    return browser.go(party.do("start", parameters=parameters))


def signed_in(stack: Stack, party: Library, browser: Browser, name: str = "cleo") -> dict[str, Any]:
    """Sign someone in to the client, and first to the service if they aren't."""
    page = ask(party, browser)
    if not foreign.location(page):
        page = foreign.sign_in(stack, browser, name)
    return dict(party.do("finish", url=foreign.target(page)))


def test_tells_what_it_can(party: Library) -> None:
    known = party.do("discover")

    assert known["response_types_supported"] == ["code"]
    assert known["code_challenge_methods_supported"] == ["S256"]


def test_signs_in_with_code_and_pkce(stack: Stack, party: Library, browser: Browser) -> None:
    tokens = signed_in(stack, party, browser)

    assert tokens["claims"]["acr"] == MFA
    assert tokens["claims"]["preferred_username"] == "cleo"
    assert party.do("userinfo", token=tokens["access_token"], subject=tokens["claims"]["sub"])["name"] == "Cleo Meier"
    assert party.do("introspect", token=tokens["access_token"])["active"] is True


@pytest.mark.parametrize("auth", ["basic", "post"])
def test_sends_its_secret_either_way(stack: Stack, party: Library, browser: Browser, auth: str) -> None:
    party.do("discover", auth=auth)

    assert signed_in(stack, party, browser)["id_token"]


def test_needs_its_verifier(stack: Stack, party: Library, browser: Browser) -> None:
    signed_in(stack, party, browser)
    page = ask(party, browser)

    with pytest.raises(Failed, match="invalid_grant"):
        party.do("finish", url=foreign.target(page), verifier="x" * 43)


def test_checks_the_age(stack: Stack, party: Library, browser: Browser) -> None:
    tokens = signed_in(stack, party, browser)
    page = ask(party, browser, max_age="3600")

    assert party.do("finish", url=foreign.target(page))["claims"]["auth_time"] == tokens["claims"]["auth_time"]


def test_steps_up(stack: Stack, party: Library, browser: Browser) -> None:
    """With max_age=0 the person verifies again, and the library checks that auth_time is new."""
    before = signed_in(stack, party, browser)["claims"]["auth_time"]
    page = ask(party, browser, max_age="0", acr_values=MFA)
    assert page.path == "/sign-in/again/"

    browser.press(next(form for form in page.forms if form.method == "post").buttons[0][0])
    page = foreign.verify(stack, browser, "cleo")

    claims = party.do("finish", url=foreign.target(page))["claims"]
    assert claims["auth_time"] > before
    assert claims["acr"] == MFA


def test_gets_an_error_for_a_level_that_cant_be_reached(stack: Stack, party: Library, browser: Browser) -> None:
    signed_in(stack, party, browser)
    page = ask(party, browser, prompt="none", claims='{"id_token": {"acr": {"essential": true, "values": ["phr"]}}}')

    with pytest.raises(Failed, match="unmet_authentication_requirements"):
        party.do("finish", url=foreign.target(page))


def test_refreshes_once(stack: Stack, party: Library, browser: Browser) -> None:
    tokens = signed_in(stack, party, browser)

    refreshed = party.do("refresh", token=tokens["refresh_token"])

    for name in ("sub", "acr", "auth_time", "sid"):
        assert refreshed["claims"][name] == tokens["claims"][name]
    with pytest.raises(Failed, match="invalid_grant"):
        party.do("refresh", token=tokens["refresh_token"])
    with pytest.raises(Failed, match="invalid_grant"):
        party.do("refresh", token=refreshed["refresh_token"])


def test_code_is_used_once(stack: Stack, party: Library, browser: Browser) -> None:
    signed_in(stack, party, browser)
    url = foreign.target(ask(party, browser))
    tokens = party.do("finish", url=url)

    with pytest.raises(Failed, match="invalid_grant"):
        party.do("finish", url=url)
    with pytest.raises(Failed):
        party.do("userinfo", token=tokens["access_token"], subject=tokens["claims"]["sub"])


def test_revokes(stack: Stack, party: Library, browser: Browser) -> None:
    tokens = signed_in(stack, party, browser)
    party.do("revoke", token=tokens["refresh_token"])

    with pytest.raises(Failed, match="invalid_grant"):
        party.do("refresh", token=tokens["refresh_token"])


def test_signs_out_and_hears_of_it(stack: Stack, party: Library, browser: Browser) -> None:
    """RP-initiated logout, and the back-channel logout that follows from it."""
    tokens = signed_in(stack, party, browser)
    before = len(party.do("heard"))
    parameters = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": AFTER_LOGOUT, "state": "s"}

    page = browser.go(party.do("leave", parameters=parameters))

    assert foreign.location(page) == f"{AFTER_LOGOUT}?state=s"
    stack.crew.wait("The sign-out", lambda: len(party.do("heard")) > before, seconds=5)
    [claims] = party.do("heard")[before:]
    assert (claims["sub"], claims["sid"]) == (tokens["claims"]["sub"], tokens["claims"]["sid"])
    with pytest.raises(Failed, match="invalid_grant"):
        party.do("refresh", token=tokens["refresh_token"])
    with pytest.raises(Failed, match="login_required"):
        party.do("finish", url=foreign.target(ask(party, browser, prompt="none")))


def test_hears_of_a_lock_within_a_second(stack: Stack, party: Library) -> None:
    """With another client that is down, which delays nobody."""
    opal = foreign.open_browser(stack)
    down, secret = foreign.make_client(stack, "down", logout_uri="http://127.0.0.1:9/")
    tokens = signed_in(stack, party, opal, "opal")
    with foreign.library(stack, down, secret) as other:
        other.do("discover")
        signed_in(stack, other, opal, "opal")
    before = len(party.do("heard"))

    ended = float(foreign.run(stack, _LOCK))
    stack.crew.wait("The sign-out", lambda: len(party.do("heard")) > before, seconds=5)

    [claims] = party.do("heard")[before:]
    assert claims["sub"] == tokens["claims"]["sub"]
    assert claims["heardAt"] - ended < 1
    with pytest.raises(Failed, match="invalid_grant"):
        party.do("refresh", token=tokens["refresh_token"])


_LOCK = """
import django, time; django.setup()
from accounts.models import User
from verification import enrolments
enrolments.raise_epoch(User.objects.get(username="opal"))
print(time.time())
time.sleep(1)
"""

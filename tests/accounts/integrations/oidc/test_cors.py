"""Tests that scripts of a public client's pages may read what the endpoints answer, and no other scripts."""

from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from accounts.integrations.oidc import redirect_uris
from accounts.models import Application
from tests.simulated.people import Person
from tests.simulated.relying_party import SimulatedRelyingParty

ORIGIN, OTHER = "https://spa.example.org", "https://other.example.org"
ALLOW = "Access-Control-Allow-Origin"
ENDPOINTS = ("token", "userinfo", "revoke")


@pytest.fixture
def party(make_party: Any) -> SimulatedRelyingParty:
    """A public client with one origin, beside another one that has none."""
    make_party("mute", is_public=True)
    found: SimulatedRelyingParty = make_party("spa", is_public=True, allowed_origins=ORIGIN)
    return found


def preflight(endpoint: str, origin: str) -> HttpResponse:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization",
    }
    response: HttpResponse = Client().options(f"/oauth/{endpoint}/", headers=headers)  # type: ignore[assignment]  # the stubs'
    return response


def redeem(party: SimulatedRelyingParty, person: Person, origin: str) -> Any:
    """Exchange a code as a script of a page does."""
    party.http.defaults["HTTP_ORIGIN"] = origin
    return party.redeem(party.ask(person).code)


def test_registered_origin_reads_its_tokens_and_the_person(party: SimulatedRelyingParty, ana: Person) -> None:
    ana.sign_in()

    tokens = redeem(party, ana, ORIGIN)
    told = party.userinfo(tokens.json()["access_token"])
    ended = party.post("revoke", token=tokens.json()["refresh_token"])

    assert [(each.status_code, each[ALLOW]) for each in (tokens, told, ended)] == [(200, ORIGIN)] * 3
    assert all("Origin" in each["Vary"] for each in (tokens, told, ended))
    assert all("Access-Control-Allow-Credentials" not in each for each in (tokens, told, ended))


@pytest.mark.parametrize("origin", [OTHER, "null", f"{ORIGIN}:8443", f"{ORIGIN}.evil.example", ORIGIN.upper(), "x y"])
def test_other_origins_read_nothing(party: SimulatedRelyingParty, ana: Person, origin: str) -> None:
    ana.sign_in()

    tokens = redeem(party, ana, origin)
    told = party.userinfo(tokens.json()["access_token"])

    assert ALLOW not in tokens
    assert ALLOW not in told
    assert all(ALLOW not in preflight(endpoint, origin) for endpoint in ENDPOINTS)


def test_the_origin_of_another_client_reads_no_tokens(
    party: SimulatedRelyingParty, make_party: Any, ana: Person
) -> None:
    make_party("second", is_public=True, allowed_origins=OTHER)
    ana.sign_in()

    assert ALLOW not in redeem(party, ana, OTHER)


def test_reads_errors_too(party: SimulatedRelyingParty) -> None:
    party.http.defaults["HTTP_ORIGIN"] = ORIGIN

    refused = party.redeem("nonsense")
    unknown = party.userinfo("nonsense")

    assert (refused.status_code, refused[ALLOW]) == (400, ORIGIN)
    assert (unknown.status_code, unknown[ALLOW]) == (401, ORIGIN)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_answers_a_preflight(party: SimulatedRelyingParty, endpoint: str) -> None:
    response = preflight(endpoint, ORIGIN)

    assert (response.status_code, response[ALLOW], response.content) == (204, ORIGIN, b"")
    assert response["Access-Control-Allow-Headers"] == "authorization, content-type"
    assert response["Access-Control-Max-Age"] == "600"


def test_introspection_is_for_servers(party: SimulatedRelyingParty) -> None:
    assert ALLOW not in preflight("introspect", ORIGIN)


def test_a_client_with_a_secret_has_no_pages(make_party: Any, ana: Person) -> None:
    party = make_party("wiki", allowed_origins=ORIGIN)
    ana.sign_in()

    assert ALLOW not in redeem(party, ana, ORIGIN)


def test_a_client_that_is_switched_off_has_none_either(party: SimulatedRelyingParty) -> None:
    Application.objects.update(is_active=False)

    assert ALLOW not in preflight("token", ORIGIN)


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/oauth/jwks.json"])
def test_every_page_may_read_what_is_public(db: None, path: str) -> None:
    response = Client().get(path, headers={"Origin": OTHER})

    assert response[ALLOW] == "*"
    assert "Access-Control-Allow-Credentials" not in response


FLAWED = [
    "http://spa.example.org",
    "https://spa.example.org/",
    "https://spa.example.org/path",
    "https://SPA.example.org",
    "https://*.example.org",
    "https://user@spa.example.org",
    "null",
    "*",
    "com.example.app:/x",
    "http://[",
    "https://spa.example.org:port",
]


@pytest.mark.parametrize("origin", FLAWED)
def test_refuses_what_is_no_origin(origin: str) -> None:
    assert redirect_uris.origin_flaw(origin)


@pytest.mark.parametrize("origin", [ORIGIN, f"{ORIGIN}:8443", "http://127.0.0.1:3000"])
def test_takes_an_origin(origin: str) -> None:
    assert redirect_uris.origin_flaw(origin) == ""

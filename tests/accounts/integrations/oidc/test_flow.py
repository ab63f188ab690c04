"""Tests of the authorization code flow with PKCE, on real tokens."""

from typing import Any

from tests.people import Person

from accounts.models import OidcSignIn  # isort: skip


def test_signs_a_person_in(party: Any, ana: Person) -> None:
    ana.sign_in()

    answer = party.ask(ana)
    tokens = party.redeem(answer.code).json()

    assert answer.fields["state"] == party.flow.state
    assert answer.fields["iss"] == "http://testserver"
    claims = party.read(tokens["id_token"])
    assert claims["nonce"] == party.flow.nonce
    assert claims["acr"] == "https://refeds.org/profile/mfa"
    assert claims["preferred_username"] == "ana"
    assert claims["exp"] - claims["iat"] == 600
    assert claims["sub"] == ana.user.subject.hex
    assert OidcSignIn.objects.get().redeemed_at is not None

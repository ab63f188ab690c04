"""Tests of setting up a passkey: what is asked of the browser, and which answers make no passkey."""

import json
from typing import Any

import cbor2
import pytest
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

from tests.simulated.passkeys import Key
from tests.verification.conftest import EngineUser
from tests.verification.methods.passkey_ceremonies import FRAMED, begin, cause, options, register, use
from verification import enrolments
from verification.models import Enrolment
from verification.outcomes import Verdict

# Making one ----------------------------------------------------------------------------------------------------


def test_registers_a_key(holder: EngineUser, key: Key) -> None:
    made = holder.enrolment("passkey")

    assert (made.confirmed, made.is_default, made.name) == (True, True, "blue key")
    assert made.address_digest
    assert key.id.hex() not in made.sealed_address


def test_asks_for_user_verification_and_our_own_challenge(who: EngineUser) -> None:
    wanted = json.loads(options(begin(who), who))

    assert wanted["rp"]["id"] == "testserver"
    assert wanted["authenticatorSelection"]["userVerification"] == "required"
    assert len(wanted["challenge"]) == 43
    assert "ana" not in wanted["user"]["id"]


def test_challenge_is_another_each_time(who: EngineUser) -> None:
    found = {json.loads(options(begin(who, binding=str(n)), who, binding=str(n)))["challenge"] for n in range(5)}

    assert len(found) == 5


def test_names_the_keys_that_are_there_so_that_none_is_made_twice(holder: EngineUser, key: Key) -> None:
    wanted = json.loads(options(begin(holder), holder))

    assert len(wanted["excludeCredentials"]) == 1


MAKING: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "wrong origin": ({"origin": "https://testserver.evil.example"}, {}),
    "other port": ({"origin": "http://testserver:8443"}, {}),
    "wrong site": ({"site": "evil.example"}, {}),
    "user verification missing": ({"is_verified": False}, {}),
    "other challenge": ({}, {"challenge": "A" * 43}),
    "empty challenge": ({}, {"challenge": ""}),
    "wrong kind": ({}, {"type": "webauthn.get"}),
}


@pytest.mark.parametrize("case", MAKING)
def test_makes_no_key_of_a(case: str, who: EngineUser) -> None:
    issued = begin(who)
    traits, lies = MAKING[case]

    outcome = who.answer(issued, Key(**traits).make(options(issued, who), **lies))

    assert outcome.verdict is Verdict.WRONG
    assert not Enrolment.objects.filter(confirmed=True).exists()


def test_makes_no_key_of_a_replayed_answer(who: EngineUser, key: Key) -> None:
    issued = begin(who)
    answer = key.make(options(issued, who))
    assert who.answer(issued, answer).proven

    assert who.answer(issued, answer).verdict is Verdict.USED
    assert who.answer(begin(who), answer).verdict is Verdict.WRONG
    assert enrolments.count(who.user.pk, "passkey") == 1


def test_makes_no_key_for_another_session(who: EngineUser, key: Key) -> None:
    issued = begin(who)

    outcome = who.answer(issued, key.make(options(issued, who)), binding="another session")

    assert outcome.verdict is Verdict.GONE


def test_refuses_its_own_key_a_second_time(holder: EngineUser, key: Key) -> None:
    assert register(holder, key).verdict is Verdict.WRONG
    assert enrolments.count(holder.user.pk, "passkey") == 1


def test_refuses_the_credential_id_of_another_person(holder: EngineUser, eve: EngineUser, key: Key) -> None:
    """Eve claimed the id of Ana's key for a key of her own, and Ana's sign-in without a name met Eve's row (seen).

    Source: WebAuthn L3, 7.1, step 26.
    """
    assert register(eve, Key(id=key.id)).verdict is Verdict.WRONG
    assert enrolments.count(eve.user.pk, "passkey") == 0
    assert use(holder, key).proven


def test_ten_keys_are_all_that_a_person_may_have(who: EngineUser) -> None:
    for _ in range(10):
        assert register(who, Key()).proven

    assert begin(who).verdict is Verdict.FULL


# Using one -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cut", range(0, 160, 8))
def test_takes_a_cut_attestation_as_a_wrong_answer(cut: int, who: EngineUser, key: Key) -> None:
    issued = begin(who)
    answer = json.loads(key.make(options(issued, who)))

    answer["response"]["attestationObject"] = answer["response"]["attestationObject"][:cut]

    assert who.answer(issued, json.dumps(answer)).verdict is Verdict.WRONG


ODD: dict[str, dict[str, object]] = {
    "public key that is a list": {"authData": cbor2.dumps([1])},
    "number for a text": {"fmt": "android-safetynet", "attStmt": {"ver": 1, "response": 7}},
}


@pytest.mark.parametrize("case", ODD)
def test_takes_an_odd_attestation_as_a_wrong_answer(case: str, who: EngineUser, key: Key) -> None:
    """Seen failing: py_webauthn raised IndexError and AttributeError, found by changing attestations at random."""
    issued = begin(who)
    answer = json.loads(key.make(options(issued, who)))
    attestation = cbor2.loads(base64url_to_bytes(answer["response"]["attestationObject"]))
    usual = attestation["authData"]

    attestation |= ODD[case]
    if attestation["authData"] != usual:
        attestation["authData"] = usual[: usual.index(key.id) + len(key.id)] + attestation["authData"]
    answer["response"]["attestationObject"] = bytes_to_base64url(cbor2.dumps(attestation))

    assert who.answer(issued, json.dumps(answer)).verdict is Verdict.WRONG


@pytest.mark.parametrize("lie", FRAMED)
def test_a_key_made_in_a_frame_of_another_site_is_not_taken(who: EngineUser, key: Key, lie: dict[str, Any]) -> None:
    issued = begin(who)

    assert who.answer(issued, key.make(options(issued, who), **lie)).verdict is Verdict.WRONG


def test_says_that_a_key_is_already_set_up(holder: EngineUser, key: Key) -> None:
    issued = begin(holder)

    outcome = holder.answer(issued, key.make(options(issued, holder)))

    assert (outcome.verdict, cause(outcome)) == (Verdict.WRONG, "taken")

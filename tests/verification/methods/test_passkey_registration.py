"""Tests of setting up a passkey: what is asked of the browser, and which answers make no passkey."""

import json
from typing import Any

import cbor2
import pytest
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

from tests.simulated.passkeys import Key
from tests.verification.conftest import EngineUser
from tests.verification.methods.passkey_ceremonies import FRAMED, begin_registration, cause, options, register, use_key
from verification import enrolments
from verification.models import Enrolment
from verification.outcomes import Verdict

# Making one ----------------------------------------------------------------------------------------------------


def test_registers_a_key(passkey_owner: EngineUser, key: Key) -> None:
    made = passkey_owner.enrolment("passkey")

    assert (made.confirmed, made.is_default, made.name) == (True, True, "blue key")
    assert made.address_digest
    assert key.id.hex() not in made.sealed_address


def test_asks_for_user_verification_and_our_own_challenge(engine_user: EngineUser) -> None:
    wanted = json.loads(options(begin_registration(engine_user), engine_user))

    assert wanted["rp"]["id"] == "testserver"
    assert wanted["authenticatorSelection"]["userVerification"] == "required"
    assert len(wanted["challenge"]) == 43
    assert "ana" not in wanted["user"]["id"]


def test_challenge_is_another_each_time(engine_user: EngineUser) -> None:
    found = {
        json.loads(options(begin_registration(engine_user, binding=str(n)), engine_user, binding=str(n)))["challenge"]
        for n in range(5)
    }

    assert len(found) == 5


def test_names_the_keys_that_are_there_so_that_none_is_made_twice(passkey_owner: EngineUser, key: Key) -> None:
    wanted = json.loads(options(begin_registration(passkey_owner), passkey_owner))

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
def test_makes_no_key_of_a(case: str, engine_user: EngineUser) -> None:
    issued = begin_registration(engine_user)
    traits, lies = MAKING[case]

    outcome = engine_user.answer(issued, Key(**traits).make(options(issued, engine_user), **lies))

    assert outcome.verdict is Verdict.WRONG
    assert not Enrolment.objects.filter(confirmed=True).exists()


def test_makes_no_key_of_a_replayed_answer(engine_user: EngineUser, key: Key) -> None:
    issued = begin_registration(engine_user)
    answer = key.make(options(issued, engine_user))
    assert engine_user.answer(issued, answer).proven

    assert engine_user.answer(issued, answer).verdict is Verdict.USED
    assert engine_user.answer(begin_registration(engine_user), answer).verdict is Verdict.WRONG
    assert enrolments.count(engine_user.user.pk, "passkey") == 1


def test_makes_no_key_for_another_session(engine_user: EngineUser, key: Key) -> None:
    issued = begin_registration(engine_user)

    outcome = engine_user.answer(issued, key.make(options(issued, engine_user)), binding="another session")

    assert outcome.verdict is Verdict.GONE


def test_refuses_its_own_key_a_second_time(passkey_owner: EngineUser, key: Key) -> None:
    assert register(passkey_owner, key).verdict is Verdict.WRONG
    assert enrolments.count(passkey_owner.user.pk, "passkey") == 1


def test_refuses_the_credential_id_of_another_person(passkey_owner: EngineUser, eve: EngineUser, key: Key) -> None:
    """Eve claimed the id of Ana's key for a key of her own, and Ana's sign-in without a name met Eve's row (seen).

    Source: WebAuthn L3, 7.1, step 26.
    """
    assert register(eve, Key(id=key.id)).verdict is Verdict.WRONG
    assert enrolments.count(eve.user.pk, "passkey") == 0
    assert use_key(passkey_owner, key).proven


def test_ten_keys_are_all_that_a_person_may_have(engine_user: EngineUser) -> None:
    for _ in range(10):
        assert register(engine_user, Key()).proven

    assert begin_registration(engine_user).verdict is Verdict.FULL


# Using one -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cut", range(0, 160, 8))
def test_takes_a_cut_attestation_as_a_wrong_answer(cut: int, engine_user: EngineUser, key: Key) -> None:
    issued = begin_registration(engine_user)
    answer = json.loads(key.make(options(issued, engine_user)))

    answer["response"]["attestationObject"] = answer["response"]["attestationObject"][:cut]

    assert engine_user.answer(issued, json.dumps(answer)).verdict is Verdict.WRONG


ODD: dict[str, dict[str, object]] = {
    "public key that is a list": {"authData": cbor2.dumps([1])},
    "number for a text": {"fmt": "android-safetynet", "attStmt": {"ver": 1, "response": 7}},
}


@pytest.mark.parametrize("case", ODD)
def test_takes_an_odd_attestation_as_a_wrong_answer(case: str, engine_user: EngineUser, key: Key) -> None:
    """Seen failing: py_webauthn raised IndexError and AttributeError, found by changing attestations at random."""
    issued = begin_registration(engine_user)
    answer = json.loads(key.make(options(issued, engine_user)))
    attestation = cbor2.loads(base64url_to_bytes(answer["response"]["attestationObject"]))
    usual = attestation["authData"]

    attestation |= ODD[case]
    if attestation["authData"] != usual:
        attestation["authData"] = usual[: usual.index(key.id) + len(key.id)] + attestation["authData"]
    answer["response"]["attestationObject"] = bytes_to_base64url(cbor2.dumps(attestation))

    assert engine_user.answer(issued, json.dumps(answer)).verdict is Verdict.WRONG


@pytest.mark.parametrize("lie", FRAMED)
def test_a_key_made_in_a_frame_of_another_site_is_not_taken(
    engine_user: EngineUser, key: Key, lie: dict[str, Any]
) -> None:
    issued = begin_registration(engine_user)

    assert engine_user.answer(issued, key.make(options(issued, engine_user), **lie)).verdict is Verdict.WRONG


def test_says_that_a_key_is_already_set_up(passkey_owner: EngineUser, key: Key) -> None:
    issued = begin_registration(passkey_owner)

    outcome = passkey_owner.answer(issued, key.make(options(issued, passkey_owner)))

    assert (outcome.verdict, cause(outcome)) == (Verdict.WRONG, "taken")

"""Passkeys: made and used for this site, this person and this challenge alone, or refused."""

import json
from dataclasses import replace
from typing import Any

import pytest
from webauthn.helpers import bytes_to_base64url

from tests.simulated.passkeys import Key, allowed
from tests.verification.conftest import EngineUser
from tests.verification.methods.passkey_ceremonies import (
    FRAMED,
    begin_registration,
    cause,
    options,
    register,
    start_challenge,
    use_key,
)
from verification import challenges
from verification.models import AuditEvent, Enrolment
from verification.outcomes import Verdict


def test_proves_its_holder(passkey_owner: EngineUser, key: Key) -> None:
    assert use_key(passkey_owner, key).proven
    assert passkey_owner.enrolment("passkey").counter == 1


def test_takes_keys_that_do_not_count(engine_user: EngineUser) -> None:
    key = Key(counts=False)
    register(engine_user, key)

    assert [use_key(engine_user, key).proven, use_key(engine_user, key).proven] == [True, True]


def test_any_key_of_the_person_answers(passkey_owner: EngineUser, key: Key) -> None:
    second = Key()
    register(passkey_owner, second)
    issued = start_challenge(passkey_owner, at=0)
    assert allowed(options(issued, passkey_owner)) == {key.id, second.id}

    outcome = passkey_owner.answer(issued, second.sign(options(issued, passkey_owner)))

    assert outcome.proven
    assert outcome.enrolment is not None
    assert outcome.enrolment.address_digest == Enrolment.objects.order_by("-pk")[0].address_digest
    assert list(Enrolment.objects.order_by("pk").values_list("counter", flat=True)) == [-1, 1]


USING: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "wrong origin": ({"origin": "https://evil.example"}, {}),
    "origin of a page below": ({"origin": "http://www.testserver"}, {}),
    "wrong site": ({"site": "evil.example"}, {}),
    "user verification missing": ({"is_verified": False}, {}),
    "other challenge": ({}, {"challenge": "A" * 43}),
    "wrong kind": ({}, {"type": "webauthn.create"}),
    "copied credential id": ({"pair": Key().pair}, {}),
}


@pytest.mark.parametrize("case", USING)
def test_is_not_proven_by_a(case: str, passkey_owner: EngineUser, key: Key) -> None:
    traits, lies = USING[case]

    assert use_key(passkey_owner, replace(key, **traits), **lies).verdict is Verdict.WRONG
    assert use_key(passkey_owner, key).proven


def test_is_not_proven_by_a_replayed_answer(passkey_owner: EngineUser, key: Key) -> None:
    issued = start_challenge(passkey_owner)
    answer = key.sign(options(issued, passkey_owner))
    assert passkey_owner.answer(issued, answer).proven

    assert passkey_owner.answer(issued, answer).verdict is Verdict.USED
    assert passkey_owner.answer(start_challenge(passkey_owner), answer).verdict is Verdict.WRONG


def test_is_not_proven_by_an_answer_to_another_session(passkey_owner: EngineUser, key: Key) -> None:
    theirs = start_challenge(passkey_owner, binding="another session")
    mine = start_challenge(passkey_owner)

    answer = key.sign(options(theirs, passkey_owner, binding="another session"))

    assert passkey_owner.answer(mine, answer).verdict is Verdict.WRONG
    assert passkey_owner.answer(theirs, answer).verdict is Verdict.GONE


@pytest.mark.parametrize("shown", [0, 4, 5])
def test_is_not_proven_by_a_counter_that_does_not_rise(shown: int, passkey_owner: EngineUser, key: Key) -> None:
    key.counter = 4
    assert use_key(passkey_owner, key).proven  # the fifth signature
    copy = replace(key, counter=shown, counts=False)

    assert use_key(passkey_owner, copy).verdict is Verdict.WRONG
    assert passkey_owner.enrolment("passkey").counter == 5
    assert use_key(passkey_owner, key).proven


def test_is_not_proven_by_the_key_of_another_person(passkey_owner: EngineUser, eve: EngineUser) -> None:
    hers = Key()
    register(eve, hers)

    assert use_key(passkey_owner, hers).verdict is Verdict.WRONG


def test_is_not_proven_by_the_key_of_another_person_under_the_own_name(
    passkey_owner: EngineUser, eve: EngineUser, key: Key
) -> None:
    hers = Key()
    register(eve, hers)

    assert use_key(passkey_owner, replace(hers, id=key.id)).verdict is Verdict.WRONG


def test_is_not_proven_by_a_removed_key(passkey_owner: EngineUser, key: Key) -> None:
    second = Key()
    register(passkey_owner, second)
    Enrolment.objects.order_by("pk")[0].delete()

    assert use_key(passkey_owner, key).verdict is Verdict.WRONG
    assert use_key(passkey_owner, second).proven


@pytest.mark.parametrize(
    "text",
    [
        "123456",
        "null",
        "[]",
        "{}",
        '"id"',
        '{"id": 7}',
        '{"id": "AA", "rawId": "AA", "type": "public-key", "response": {}}',
        '{"id": "AA", "rawId": "AA", "type": "public-key", "response": null}',
        '{"id": "AA", "rawId": "AA", "response": {"clientDataJSON": "%", "authenticatorData": "", "signature": ""}}',
        '{"id": "é", "rawId": "é", "type": "public-key", "response": []}',
        "[" * 3000,
        '{"id":' * 1500,
        "9" * 5000,
    ],
)
def test_takes_rubbish_as_a_wrong_answer(text: str, passkey_owner: EngineUser) -> None:
    assert passkey_owner.answer(start_challenge(passkey_owner), text).verdict is Verdict.WRONG
    assert passkey_owner.answer(begin_registration(passkey_owner), text).verdict is Verdict.WRONG


@pytest.mark.parametrize("part", ["clientDataJSON", "attestationObject", "authenticatorData", "signature"])
@pytest.mark.parametrize("rubbish", ["", "AAAA", "o2Nm", "gYGBgYGB", "_____w", "%%%", None, 7])
def test_takes_broken_parts_as_a_wrong_answer(part: str, rubbish: object, passkey_owner: EngineUser, key: Key) -> None:
    making, using = begin_registration(passkey_owner), start_challenge(passkey_owner)
    answers = [(making, Key().make(options(making, passkey_owner))), (using, key.sign(options(using, passkey_owner)))]
    issued, answer = next((issued, json.loads(a)) for issued, a in answers if part in json.loads(a)["response"])

    answer["response"][part] = rubbish

    assert passkey_owner.answer(issued, json.dumps(answer)).verdict is Verdict.WRONG


@pytest.mark.parametrize("lie", FRAMED)
def test_an_answer_from_a_frame_of_another_site_opens_nothing(
    passkey_owner: EngineUser, key: Key, lie: dict[str, Any]
) -> None:
    assert use_key(passkey_owner, key, **lie).verdict is Verdict.WRONG


def test_a_key_that_was_made_for_another_person_opens_nothing(passkey_owner: EngineUser, key: Key) -> None:
    issued = start_challenge(passkey_owner)
    told = json.loads(key.sign(options(issued, passkey_owner)))
    told["response"]["userHandle"] = bytes_to_base64url(b"somebody else")

    assert passkey_owner.answer(issued, json.dumps(told)).verdict is Verdict.WRONG


def test_says_that_a_counter_went_back(passkey_owner: EngineUser, key: Key) -> None:
    assert use_key(passkey_owner, key).proven
    key.counter = 0

    outcome = use_key(passkey_owner, key)

    assert (outcome.verdict, cause(outcome)) == (Verdict.WRONG, "counter")
    assert AuditEvent.objects.get(kind="challenge.failed").detail["cause"] == "counter"


def test_says_that_a_key_did_not_check_its_person(passkey_owner: EngineUser, key: Key) -> None:
    key.is_verified = False

    assert cause(use_key(passkey_owner, key)) == "unverified"


def test_says_that_a_key_answered_for_another_address(passkey_owner: EngineUser, key: Key) -> None:
    key.origin = "http://other.example"

    assert cause(use_key(passkey_owner, key)) == "site"


@pytest.mark.parametrize("answer", ["{}", "nonsense", "[]", '{"response": 3}', '{"id": "x", "response": {}}'])
def test_says_something_that_fits_for_rubbish(passkey_owner: EngineUser, answer: str) -> None:
    outcome = passkey_owner.answer(start_challenge(passkey_owner), answer)

    assert cause(outcome) == ""


def test_names_the_keys_that_still_count(passkey_owner: EngineUser, key: Key) -> None:
    (said,) = challenges.announce(passkey_owner.user.pk)
    told = json.loads(said.show["keys"])

    assert told["allAcceptedCredentialIds"] == [bytes_to_base64url(key.id)]
    assert told["userId"] == bytes_to_base64url(challenges.person_handle(passkey_owner.user.pk))
    Enrolment.objects.all().delete()
    assert json.loads(challenges.announce(passkey_owner.user.pk)[0].show["keys"])["allAcceptedCredentialIds"] == []


def test_stranger_with_the_password_closes_no_passkey(passkey_owner: EngineUser, key: Key) -> None:
    """Thirty answers of rubbish switched it off, and five made its holder wait, though nobody can guess one."""
    for number in range(8):
        issued = start_challenge(passkey_owner, binding=f"theirs {number}")
        assert issued.issued
        verdicts = [passkey_owner.answer(issued, "rubbish", binding=f"theirs {number}").verdict for _ in range(5)]
        assert verdicts == [Verdict.WRONG] * 4 + [Verdict.ENDED]

    assert use_key(passkey_owner, key).proven

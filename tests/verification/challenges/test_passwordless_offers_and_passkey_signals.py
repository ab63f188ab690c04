"""Passwordless sign-in is offered with a challenge of its own; an answer names its enrolment and proves nothing yet."""

import json
from typing import Any

import pytest

from tests.verification.conftest import EngineUser
from verification import challenges, enrolments, method_registry
from verification.method_base import Draft
from verification.method_capabilities import Passwordless, PublicKey
from verification.models import Challenge, Enrolment

KEY = "QUFBQQ"


@pytest.fixture
def passkey_owner(engine_user: EngineUser) -> EngineUser:
    """Return a person who has a passkey."""
    draft = enrolments.draft(engine_user.user, method_registry.method("passkey"), {"name": "blue"})
    enrolments.confirm(draft, now=engine_user.context.now, draft=Draft(address=KEY, secret=b"s" * 20))
    return engine_user


def test_offers_a_new_challenge_each_time_and_keeps_none(engine_user: EngineUser) -> None:
    first, second = (
        challenges.offer_passwordless(engine_user.context.now),
        challenges.offer_passwordless(engine_user.context.now),
    )

    assert first is not None
    assert second is not None
    assert first.nonce != second.nonce
    assert first.show["options"] != second.show["options"]
    assert not Challenge.objects.exists()


def test_offers_nothing_where_no_method_for_it_is_installed(engine_user: EngineUser, settings: Any) -> None:
    gone = method_registry.names(Passwordless)
    settings.VERIFICATION_METHODS = tuple(
        package for package in settings.VERIFICATION_METHODS if package.rpartition(".")[2] not in gone
    )

    assert challenges.offer_passwordless(engine_user.context.now) is None
    assert challenges.holder(json.dumps({"id": KEY})) is None


def test_finds_whose_key_answers(passkey_owner: EngineUser) -> None:
    found = challenges.holder(json.dumps({"id": KEY}))

    assert found == Enrolment.objects.get(user=passkey_owner.user)


@pytest.mark.parametrize("text", ["", "{}", "null", '{"id": "QkJCQg"}', '{"id": 1}', "\x00"])
def test_finds_nobody_by_anything_but_their_passkey(passkey_owner: EngineUser, text: str) -> None:
    assert challenges.holder(text) is None


def test_tells_a_browser_which_keys_still_exist(passkey_owner: EngineUser) -> None:
    told = challenges.announce(passkey_owner.user.pk)

    assert len(told) == len(method_registry.having(PublicKey))
    assert json.loads(told[0].show["keys"])["allAcceptedCredentialIds"] == [KEY]

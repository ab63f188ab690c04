"""Tests of signed tokens: keys follow each other with an overlap, and nothing but our own tokens is read."""

from datetime import datetime, timedelta
from io import StringIO

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.management import call_command
from time_machine import TimeMachineFixture

from tests.simulated.people import MORNING
from verification import jwt_signing_keys
from verification.models import AuditEvent, SigningKey

TYP = "JWT"
pytestmark = pytest.mark.usefixtures("fresh")


@pytest.fixture
def fresh(db: None, time_machine: TimeMachineFixture) -> None:
    """Stop the clock, make the first keys, and read none of another test."""
    time_machine.move_to(MORNING, tick=False)
    jwt_signing_keys.forget()
    jwt_signing_keys.prepare(MORNING)


def signed(now: datetime, algorithm: str = "ES256") -> str:
    return jwt_signing_keys.sign({"sub": "ana"}, algorithm=algorithm, typ=TYP, now=now)


def kid(token: str) -> str:
    return str(jwt.get_unverified_header(token)["kid"])


def published(now: datetime) -> set[str]:
    return {each["kid"] for each in jwt_signing_keys.published(now)}


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_anyone_can_check_a_token_with_what_is_published(algorithm: str) -> None:
    token = signed(MORNING, algorithm)

    keys = jwt.PyJWKSet(jwt_signing_keys.published(MORNING))

    assert jwt.decode(token, keys[kid(token)], algorithms=[algorithm]) == {"sub": "ana"}
    assert not any({"d", "p", "q"} & set(each) for each in jwt_signing_keys.published(MORNING))


def test_the_next_key_is_published_a_day_before_it_signs_and_the_former_a_day_longer() -> None:
    first = kid(signed(MORNING))
    soon = MORNING + jwt_signing_keys.LIFE - jwt_signing_keys.LEAD

    assert jwt_signing_keys.rotate(soon - timedelta(hours=1)) == []
    assert len(jwt_signing_keys.rotate(soon)) == 2
    assert jwt_signing_keys.rotate(soon) == []

    (following,) = SigningKey.objects.filter(algorithm="ES256").exclude(kid=first)
    starts = following.signs_from
    assert starts - soon >= jwt_signing_keys.LEAD
    assert {first, following.kid} <= published(soon)
    assert kid(signed(starts - timedelta(seconds=1))) == first
    assert kid(signed(starts)) == following.kid
    assert first in published(starts + jwt_signing_keys.OVERLAP - timedelta(seconds=1))
    assert first not in published(starts + jwt_signing_keys.OVERLAP)


def test_our_own_old_tokens_are_recognised_until_their_key_is_deleted() -> None:
    old = signed(MORNING)
    jwt_signing_keys.rotate(MORNING + jwt_signing_keys.LIFE - jwt_signing_keys.LEAD)
    starts = SigningKey.objects.order_by("-signs_from")[0].signs_from

    jwt_signing_keys.rotate(starts + jwt_signing_keys.RETENTION - timedelta(hours=1))
    assert jwt_signing_keys.read(old, typ=TYP) == {"sub": "ana"}

    jwt_signing_keys.rotate(starts + jwt_signing_keys.RETENTION)
    assert jwt_signing_keys.read(old, typ=TYP) is None


def test_a_service_that_slept_a_year_signs_with_the_old_key_until_the_new_one_is_known() -> None:
    first, later = kid(signed(MORNING)), MORNING + timedelta(days=365)

    jwt_signing_keys.rotate(later)

    assert kid(signed(later)) == first
    assert kid(signed(later + jwt_signing_keys.LEAD)) != first


def test_replaced_keys_sign_and_check_nothing_any_more() -> None:
    token, former = signed(MORNING), published(MORNING)

    call_command("replace_signing_keys", "--reason", "A laptop was stolen.", stdout=StringIO())

    assert jwt_signing_keys.read(token, typ=TYP) is None
    assert not former & published(MORNING)
    assert kid(signed(MORNING)) in published(MORNING)
    assert AuditEvent.objects.get(kind="signing_key.replaced").said["reason"] == "A laptop was stolen."


@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
def test_keys_sign_even_if_the_clock_goes_back(algorithm: str) -> None:
    """Seen failing: after keys were replaced, a host whose clock was a second behind could sign nothing."""
    jwt_signing_keys.replace(MORNING)

    token = signed(MORNING - timedelta(seconds=1), algorithm)

    assert jwt_signing_keys.read(token, typ=TYP) == {"sub": "ana"}


def test_reads_nothing_that_is_not_ours() -> None:
    own = signed(MORNING, "RS256")
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    header = {"kid": kid(own), "typ": TYP}
    public = next(each for each in jwt_signing_keys.published(MORNING) if each["kid"] == kid(own))
    head, body, _signature = own.split(".")

    assert (
        jwt_signing_keys.read(jwt.encode({"sub": "ana"}, stranger, algorithm="RS256", headers=header), typ=TYP) is None
    )
    assert (
        jwt_signing_keys.read(jwt.encode({"sub": "ana"}, public["n"], algorithm="HS256", headers=header), typ=TYP)
        is None
    )
    assert jwt_signing_keys.read(jwt.encode({"sub": "ana"}, "", algorithm="none", headers=header), typ=TYP) is None
    assert jwt_signing_keys.read(f"{head}.{body}.", typ=TYP) is None
    assert jwt_signing_keys.read(own, typ="logout+jwt") is None
    assert jwt_signing_keys.read("no token", typ=TYP) is None


def test_a_key_moved_to_another_row_does_not_open() -> None:
    one, other = SigningKey.objects.order_by("algorithm")
    SigningKey.objects.filter(pk=one.pk).update(sealed=other.sealed)
    jwt_signing_keys.forget()

    with pytest.raises(jwt_signing_keys.NoKey):
        signed(MORNING, one.algorithm)

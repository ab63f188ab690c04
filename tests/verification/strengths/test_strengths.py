"""Tests of strengths: which methods are in them, how two combine, and the organisation's own ones."""

from functools import partial

import pytest
from django.db import IntegrityError, transaction

from verification import strengths
from verification.models import Strength as Row
from verification.strengths import (
    NO_PHONE,
    PASSWORD,
    PHISHING_RESISTANT,
    SECOND_STEP,
    AuthenticationStrength,
    Need,
    both,
)

EVERY = {"call", "text", "email", "totp", "passkey", "token", "recovery", "access_pass"}
TOKEN_OR_TEXT = AuthenticationStrength(slug="token-or-text", label="Token or text", names=frozenset({"token", "text"}))


def _name(value: object) -> str | None:
    return value.slug if isinstance(value, AuthenticationStrength) else None


@pytest.mark.parametrize(
    ("strength", "methods"),
    [
        (PASSWORD, set()),
        (SECOND_STEP, EVERY),
        (NO_PHONE, {"totp", "passkey", "token", "access_pass"}),
        (PHISHING_RESISTANT, {"passkey"}),
        (TOKEN_OR_TEXT, {"token", "text"}),
    ],
    ids=_name,
)
def test_is_a_set_of_methods(strength: AuthenticationStrength, methods: set[str]) -> None:
    assert set(strength.methods()) == methods


def test_only_the_password_needs_no_second_step() -> None:
    assert [each.slug for each in strengths.BUILT_IN.values() if each.accepts(())] == ["password"]


@pytest.mark.parametrize(
    ("one", "other", "methods"),
    [
        (PASSWORD, NO_PHONE, set(NO_PHONE.methods())),
        (SECOND_STEP, NO_PHONE, set(NO_PHONE.methods())),
        (NO_PHONE, PHISHING_RESISTANT, {"passkey"}),
        (NO_PHONE, TOKEN_OR_TEXT, {"token"}),
        (PHISHING_RESISTANT, TOKEN_OR_TEXT, set()),
    ],
    ids=_name,
)
def test_two_together_accept_what_each_accepts(
    one: AuthenticationStrength, other: AuthenticationStrength, methods: set[str]
) -> None:
    for combined in (both(one, other), both(other, one)):
        assert set(combined.methods()) == methods
        assert combined.is_second_step
        assert not combined.is_any_second_step


def test_the_narrowest_keeps_its_name() -> None:
    assert both(SECOND_STEP, PHISHING_RESISTANT, NO_PHONE) is PHISHING_RESISTANT
    assert both(PASSWORD, PASSWORD) is PASSWORD
    assert both(PASSWORD, SECOND_STEP) is SECOND_STEP


def test_knows_what_is_phishing_resistant() -> None:
    own = AuthenticationStrength(slug="keys", label="Keys", names=frozenset({"passkey"}))

    assert [each.slug for each in (PHISHING_RESISTANT, own, NO_PHONE, PASSWORD) if each.is_phishing_resistant] == [
        "phishing-resistant",
        "keys",
    ]


@pytest.mark.django_db
def test_reads_the_organisations_own_ones() -> None:
    Row.objects.create(slug="hardware", name="Hardware", methods=["token", "passkey"], needs=[Need.NOT_SENT])
    strengths.forget()

    assert set(strengths.named("hardware").methods()) == {"token", "passkey"}
    assert [each.slug for each in strengths.everything()] == [*strengths.BUILT_IN, "hardware"]


@pytest.mark.django_db
def test_without_methods_or_properties_it_is_every_method() -> None:
    Row.objects.create(slug="mine", name="Mine")
    strengths.forget()

    assert set(strengths.named("mine").methods()) == EVERY


@pytest.mark.django_db
@pytest.mark.parametrize("row", [None, {"methods": ["removed"]}, {"needs": ["unknown"]}], ids=str)
def test_strength_that_cannot_be_read_is_met_by_nothing(row: dict[str, list[str]] | None) -> None:
    """A strength that was deleted, whose methods aren't installed, or that a later release wrote."""
    if row is not None:
        Row.objects.create(slug="doubtful", name="Doubtful", **row)
    strengths.forget()

    assert not strengths.named("doubtful").accepts(EVERY)


@pytest.mark.django_db
@pytest.mark.parametrize("slug", strengths.BUILT_IN)
def test_nobody_replaces_a_built_in_one(slug: str) -> None:
    """Seen failing without the constraint."""
    create = partial(Row.objects.create, slug=slug, name="Weaker")

    with pytest.raises(IntegrityError), transaction.atomic():
        create()

"""Tests of finding enrolments: only their owner finds them, and numbers and secrets are stored encrypted."""

import pytest
from cryptography.exceptions import InvalidTag
from django.contrib.auth import get_user_model
from pytest_django import DjangoAssertNumQueries

from tests.verification.conftest import EngineUser, equip
from verification import enrolments
from verification.keys import crypto
from verification.models import Enrolment


def test_number_is_stored_encrypted(ana: EngineUser) -> None:
    row = Enrolment.objects.filter(method="text").values().get()

    assert "795551234" not in str(row)
    assert ana.enrolment("text").address == "+41795551234"


def test_sealed_values_cannot_be_moved_to_another_row(ana: EngineUser) -> None:
    """R43: a seed copied from one's own row into another's opens nothing there."""
    eve = EngineUser(get_user_model().objects.create(username="eve"), ana.context)
    equip(eve)
    Enrolment.objects.filter(user=ana.user, method="totp").update(sealed_secret=eve.enrolment("totp").sealed_secret)

    with pytest.raises(crypto.Unsealable) as refused:
        _ = ana.enrolment("totp").secret

    assert isinstance(refused.value.__cause__, InvalidTag)


def test_nobody_finds_anothers_enrolment(ana: EngineUser) -> None:
    eve = get_user_model().objects.create(username="eve")

    assert enrolments.by_ref(eve.pk, ana.enrolment("totp").ref) is None
    assert enrolments.by_id(eve.pk, ana.enrolment("totp").pk) is None


def test_session_names_its_enrolment_as_django_otp_does(
    ana: EngineUser, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    row = ana.enrolment("totp")

    with django_assert_num_queries(1):
        found = enrolments.of_session(row.persistent_id)

        assert found == row
        assert (found.user_id, found.confirmed) == (ana.user.pk, True)
    for unknown in (
        "",
        "7",
        "accounts.user/7",
        f"{row.model_label()}/",
        f"{row.model_label()}/x",
        f"{row.model_label()}/0",
    ):
        assert enrolments.of_session(unknown) is None

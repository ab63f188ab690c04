"""Enrolments are found by their owner only, and their numbers and secrets rest sealed."""

import pytest
from django.contrib.auth import get_user_model

from tests.verification.conftest import Desk, equip
from verification import enrolments
from verification.models import Enrolment


def test_number_rests_sealed(ana: Desk) -> None:
    row = Enrolment.objects.filter(method="text").values().get()

    assert "795551234" not in str(row)
    assert ana.enrolment("text").address == "+41795551234"


def test_sealed_values_cannot_be_moved_to_another_row(ana: Desk) -> None:
    """R43: a seed copied from one's own row into another's opens nothing there."""
    eve = Desk(get_user_model().objects.create(username="eve"), ana.context)
    equip(eve)
    Enrolment.objects.filter(user=ana.user, method="totp").update(sealed_secret=eve.enrolment("totp").sealed_secret)

    with pytest.raises(Exception, match="does not belong here"):
        _ = ana.enrolment("totp").secret


def test_nobody_finds_anothers_enrolment(ana: Desk) -> None:
    eve = get_user_model().objects.create(username="eve")

    assert enrolments.by_ref(eve.pk, ana.enrolment("totp").ref) is None
    assert enrolments.by_id(eve.pk, ana.enrolment("totp").pk) is None

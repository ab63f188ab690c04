"""Tests of the method that is asked first."""

from tests.verification.conftest import EngineUser
from tests.verification.enrolments.conftest import default
from verification import enrolments
from verification.models import Enrolment


def test_person_chooses_what_is_asked_first(ana: EngineUser) -> None:
    enrolments.make_default(ana.enrolment("totp"), ana.context)

    assert default(ana) == "totp"
    assert Enrolment.objects.filter(user=ana.user, is_default=True).count() == 1

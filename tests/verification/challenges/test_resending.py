"""A code is sent again after half a minute, under a new reference; tries stay taken."""

from tests.verification.conftest import Desk
from verification.models import (
    Challenge,
)
from verification.outcomes import Verdict


def test_resends_only_after_half_a_minute(ana: Desk) -> None:
    issued = ana.start("text")

    assert ana.later(seconds=29).resend(issued).verdict is Verdict.TOO_SOON
    assert ana.later(seconds=30).resend(issued).verdict is Verdict.ISSUED


def test_resend_gives_no_tries_back(ana: Desk) -> None:
    issued = ana.start("text")
    for _ in range(3):
        ana.answer(issued, "000000")
    later = ana.later(seconds=31)
    later.resend(issued)

    assert later.answer(issued, "000000").tries_left == 1


def test_resend_wakes_an_expired_request(ana: Desk) -> None:
    issued = ana.start("text")
    later = ana.later(minutes=6)

    assert later.resend(issued).issued
    assert later.answer(issued, later.code(issued)).proven


def test_resend_names_the_new_sending_anew(ana: Desk) -> None:
    issued = ana.start("text")
    before = Challenge.objects.get(handle=issued.handle).reference
    ana.later(seconds=31).resend(issued)

    assert Challenge.objects.get(handle=issued.handle).reference != before

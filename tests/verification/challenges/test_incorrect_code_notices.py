"""The owner is told of incorrect codes: of a burst once, and of few a day in time."""

from tests.verification.challenges.conftest import besides, mails, wrong
from tests.verification.conftest import EngineUser
from verification.models import (
    Message,
)


def test_tells_the_owner_of_the_first_burst_once(ana: EngineUser) -> None:
    issued = ana.start("totp")
    for _ in range(5):
        ana.answer(issued, "000000")

    notices = Message.objects.filter(kind="mail")

    assert [notice.template for notice in notices] == ["verification/notices/wrong_codes.txt"]


def test_the_owner_hears_of_a_burst_although_they_signed_in_after_it(ana: EngineUser) -> None:
    besides(ana, 1)

    assert mails() == ["wrong_codes"]


def test_the_owner_hears_of_two_guesses_a_day(ana: EngineUser) -> None:
    for day in range(9):
        wrong(ana.later(days=day), 2, binding=f"day {day}")

    assert mails() == ["wrong_codes"]

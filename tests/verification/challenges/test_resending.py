"""A code is sent again after half a minute, under a new reference; tries stay taken."""

from tests.verification.challenges.conftest import Between, n_counted
from tests.verification.conftest import EngineUser
from verification.models import Challenge, ChallengeState, Message, Purpose
from verification.models.challenges import MAX_NUMBER
from verification.outcomes import Verdict


def test_resends_only_after_half_a_minute(ana: EngineUser) -> None:
    issued = ana.start("text")

    assert ana.later(seconds=29).resend(issued).verdict is Verdict.TOO_SOON
    assert ana.later(seconds=30).resend(issued).verdict is Verdict.ISSUED


def test_resend_gives_no_tries_back(ana: EngineUser) -> None:
    issued = ana.start("text")
    for _ in range(3):
        ana.answer(issued, "000000")
    later = ana.later(seconds=31)
    later.resend(issued)

    assert later.answer(issued, "000000").tries_left == 1


def test_resend_wakes_an_expired_request(ana: EngineUser) -> None:
    issued = ana.start("text")
    later = ana.later(minutes=6)

    assert later.resend(issued).issued
    assert later.answer(issued, later.code(issued)).proven


def test_resend_gets_a_reference_of_its_own(ana: EngineUser) -> None:
    issued = ana.start("text")
    before = Challenge.objects.get(handle=issued.handle).reference
    ana.later(seconds=31).resend(issued)

    assert Challenge.objects.get(handle=issued.handle).reference != before


def test_counts_nothing_if_another_request_sent_it_first(ana: EngineUser, between: Between) -> None:
    issued = ana.start("text")
    later = ana.later(seconds=31)
    between(lambda: later.resend(issued))

    assert later.resend(issued).verdict is Verdict.TOO_SOON
    assert (Message.objects.count(), n_counted(ana)) == (2, {"person": 2, "unanswered": 2})


def test_counts_nothing_if_another_option_was_chosen_first(ana: EngineUser, between: Between) -> None:
    """The message was counted, and none was sent."""
    issued = ana.start("text")
    later = ana.later(minutes=6)
    between(lambda: later.start("totp"))

    outcome = later.resend(issued)

    assert (outcome.verdict, outcome.method) == (Verdict.ISSUED, "totp")
    assert (Message.objects.count(), n_counted(ana)) == (1, {"person": 1, "unanswered": 1})


def test_says_what_another_request_did_first(ana: EngineUser, between: Between) -> None:
    """Seen failing: a request that was replaced or answered in between counted as sent already."""
    issued, later = ana.start("text"), ana.later(seconds=31)
    between(lambda: later.start("totp", replaces=issued.handle))
    assert later.resend(issued).verdict is Verdict.REPLACED

    issued = ana.start("text", binding="b")
    between(lambda: later.answer(issued, later.code(issued), binding="b"))
    assert later.resend(issued, binding="b").verdict is Verdict.USED

    issued = ana.start("text", binding="c")
    between(lambda: Challenge.objects.all().delete())
    assert later.resend(issued, binding="c").verdict is Verdict.GONE


def test_code_that_has_no_number_is_not_sent(ana: EngineUser) -> None:
    """Seen failing on PostgreSQL: its number didn't fit, and the page said that it was sent."""
    issued = ana.start("text")
    Challenge.objects.update(generation=MAX_NUMBER)

    assert not ana.later(seconds=31).resend(issued).issued
    assert ana.later(minutes=6).resend(issued).verdict is Verdict.EXPIRED


def test_resend_wakes_a_request_whose_approval_nobody_collected(ana: EngineUser) -> None:
    issued = ana.start("call")
    Challenge.objects.update(state=ChallengeState.APPROVED)
    assert ana.later(seconds=31).resend(issued).verdict is Verdict.USED

    later = ana.later(minutes=6)

    assert later.resend(issued).issued
    assert later.collect(issued).verdict is Verdict.PENDING


def test_request_without_tries_is_never_sent_again(ana: EngineUser) -> None:
    """A crash after the last try left it open. Its page said to send a new code, and sent none."""
    issued = ana.start("text", purpose=Purpose.FRESH)
    Challenge.objects.update(tries_left=0)

    assert [ana.later(minutes=at).resend(issued).verdict for at in (1, 6)] == [Verdict.ENDED, Verdict.ENDED]

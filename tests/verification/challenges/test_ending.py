"""Tests that a challenge that was abandoned, replaced or is too old accepts no code."""

from tests.verification.conftest import BINDING, EngineUser
from verification import challenges
from verification.models import (
    Challenge,
    ChallengeState,
)
from verification.outcomes import Verdict


def test_abandoned_request_takes_no_code(ana: EngineUser) -> None:
    issued = ana.start("text")

    challenges.abandon(issued.handle, binding="a stranger's", now=ana.context.now)
    challenges.abandon(issued.handle, binding=BINDING, now=ana.context.now)

    assert ana.answer(issued, ana.code(issued)).verdict is Verdict.REPLACED


def test_refuses_a_code_after_its_life(ana: EngineUser) -> None:
    issued = ana.start("text")
    code = ana.code(issued)

    assert ana.later(minutes=5, seconds=1).answer(issued, code).verdict is Verdict.EXPIRED


def test_superseding_closes_the_older_challenge(ana: EngineUser) -> None:
    first = ana.start("text")
    ana.start("totp", replaces=first.handle)

    assert Challenge.objects.get(handle=first.handle).state == ChallengeState.SUPERSEDED


def test_approval_that_nobody_collected_in_time_has_expired(ana: EngineUser) -> None:
    issued = ana.start("call")
    Challenge.objects.update(state=ChallengeState.APPROVED)

    assert ana.later(minutes=5, seconds=1).collect(issued).verdict is Verdict.EXPIRED

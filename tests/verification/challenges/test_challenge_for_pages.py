"""Tests that showing a challenge changes nothing."""

from typing import Any

from tests.verification.conftest import BINDING, EngineUser
from verification import challenges
from verification.models import (
    Challenge,
    ChallengeState,
)


def test_showing_writes_nothing(ana: EngineUser, django_assert_num_queries: Any) -> None:
    issued = ana.start("text")
    before = Challenge.objects.values().get(handle=issued.handle)

    for _ in range(3):
        challenges.show(issued.handle, binding=BINDING, now=ana.context.now)

    assert Challenge.objects.values().get(handle=issued.handle) == before


def test_call_that_was_approved_with_the_last_try_can_be_collected(ana: EngineUser) -> None:
    issued = ana.start("call")
    Challenge.objects.update(state=ChallengeState.APPROVED, tries_left=0)

    shown = challenges.show(issued.handle, binding=BINDING, now=ana.context.now)

    assert shown is not None
    assert shown.is_alive
    assert ana.collect(issued).proven

"""Showing a challenge changes nothing."""

from typing import Any

from tests.verification.conftest import BINDING, Desk
from verification import challenges
from verification.models import (
    Challenge,
)


def test_showing_writes_nothing(ana: Desk, django_assert_num_queries: Any) -> None:
    issued = ana.start("text")
    before = Challenge.objects.values().get(handle=issued.handle)

    for _ in range(3):
        challenges.show(issued.handle, binding=BINDING, now=ana.context.now)

    assert Challenge.objects.values().get(handle=issued.handle) == before

"""Tests of blocked ranges: what a block keeps back, and until when."""

from datetime import timedelta

import pytest

from tests.verification.conftest import EngineUser
from verification import policies, time_format
from verification.models import BlockedRange
from verification.outcomes import Verdict

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("read_again")]


def test_pause_keeps_messages_back_and_ends_by_itself(ana: EngineUser) -> None:
    now = ana.context.now
    BlockedRange.objects.create(range="+41795", n_sent=40, n_proven=1, began_at=now, ends_at=now + timedelta(hours=4))

    assert ana.start("text").verdict is Verdict.PAUSED
    assert ana.start("totp", binding="b").issued
    assert ana.later(hours=4).start("text", binding="c").issued


def test_pause_says_when_it_ends(ana: EngineUser) -> None:
    now = ana.context.now
    ends = now + timedelta(hours=4)
    BlockedRange.objects.create(range="+41795", n_sent=40, n_proven=1, began_at=now, ends_at=ends)

    assert ana.start("text").retry_at == ends
    (text,) = [o for o in policies.decide(ana.user, ana.context).options if o.method == "text"]
    assert time_format.moment(ends) in text.unavailable_reason

"""Counters that no limit reads any more are removed."""

from tests.verification.conftest import EngineUser
from verification import limits
from verification.models import Counter

NUMBER = "+41795550123"


def test_purge_removes_counters_of_windows_long_over(who: EngineUser) -> None:
    limits.spend_send(limits.Sending(who.user.pk, NUMBER, who.context))
    for _ in range(11):
        limits.password_gate("ana", who.context)

    assert limits.purge(who.context.now) == 0
    limits.purge(who.later(days=4).context.now)
    assert not Counter.objects.exists()

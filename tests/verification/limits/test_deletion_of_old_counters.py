"""Counters that no limit reads any more are removed."""

from tests.verification.conftest import EngineUser
from verification import limits
from verification.models import Counter

NUMBER = "+41795550123"


def test_purge_removes_counters_of_windows_long_over(engine_user: EngineUser) -> None:
    limits.spend_send(limits.Sending(engine_user.user.pk, NUMBER, engine_user.context))
    for _ in range(11):
        limits.password_gate("ana", engine_user.context)

    assert limits.purge(engine_user.context.now) == 0
    limits.purge(engine_user.later(days=4).context.now)
    assert not Counter.objects.exists()

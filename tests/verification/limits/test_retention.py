"""Counters that no limit reads any more are removed."""

from tests.verification.conftest import Desk
from verification import limits
from verification.models import Counter

NUMBER = "+41795550123"


def test_purge_removes_counters_of_windows_long_over(desk: Desk) -> None:
    limits.spend_send(limits.Sending(desk.user.pk, NUMBER, desk.context))
    for _ in range(11):
        limits.password_gate("ana", desk.context)

    assert limits.purge(desk.context.now) == 0
    limits.purge(desk.later(days=4).context.now)
    assert not Counter.objects.exists()

"""The sweep of a worker sends what no wake-up reached, and waits for a database that is away."""

import threading
from datetime import timedelta

import pytest
from django.db import InterfaceError, OperationalError, connection, connections
from django.test.utils import CaptureQueriesContext

from tests.verification.conftest import EngineUser
from tests.verification.delivery.conftest import FakeProvider, breaks, refuses
from tests.verification.delivery.sending import dispatch_message
from verification import notices
from verification.delivery import dispatch, unsent_message_sweeper
from verification.delivery.provider_interface import ResponseLost
from verification.delivery.providers.virtual.models import Delivery
from verification.models import Channel, FailureReason, Message, MessageState
from verification.models.messages import MAX_CLAIMS


class Rounds(threading.Event):
    """Stops after so many rounds, without waiting for the clock."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.left = number

    def wait(self, timeout: float | None = None) -> bool:
        self.left -= 1
        return self.left < 0


@pytest.fixture(autouse=True)
def _one_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the test's own connection open."""
    monkeypatch.setattr(unsent_message_sweeper, "close_old_connections", lambda: None)
    monkeypatch.setattr(connections, "close_all", lambda: None)


def test_sends_by_itself(ana: EngineUser) -> None:
    ana.start("text")
    Message.objects.update(not_before=ana.later(seconds=-5).context.now)

    unsent_message_sweeper.run(Rounds(2))

    assert Delivery.objects.count() == 1


def test_message_with_as_many_claims_as_its_column_holds_is_closed(ana: EngineUser) -> None:
    """Seen failing on PostgreSQL: each sweep failed to claim it, because the next number didn't fit."""
    ana.start("text")
    Message.objects.update(not_before=ana.later(seconds=-5).context.now, claims=MAX_CLAIMS)

    unsent_message_sweeper.run(Rounds(2))

    assert Message.objects.get().state == MessageState.EXPIRED
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("error", [InterfaceError("connection already closed"), RuntimeError("a bug")])
def test_goes_on_after_any_error(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen failing: the thread ended, and nothing was retried by this worker until its restart."""
    rounds: list[int] = []

    def fails(*_: object) -> int:
        rounds.append(1)
        raise error

    monkeypatch.setattr(unsent_message_sweeper, "sweep", fails)

    unsent_message_sweeper.run(Rounds(3))

    assert len(rounds) == 3


def test_one_message_that_fails_stops_no_other(ana: EngineUser, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen failing without the `except` in `_hand`."""
    for n in range(2):
        ana.start("text", binding=f"session {n}")
    Message.objects.update(not_before=ana.later(seconds=-5).context.now)
    first, second = Message.objects.order_by("pk")  # in the order in which they are sent
    send = dispatch.send

    def broken(pk: int) -> MessageState | None:
        if pk == first.pk:
            raise RuntimeError("a bug")
        return send(pk)

    monkeypatch.setattr(dispatch, "send", broken)

    unsent_message_sweeper.run(Rounds(1))

    second.refresh_from_db()
    assert second.state == MessageState.ACCEPTED


def test_goes_on_when_the_database_was_away(monkeypatch: pytest.MonkeyPatch) -> None:
    rounds: list[int] = []

    def away(*_: object) -> int:
        rounds.append(1)
        raise OperationalError("server closed the connection")

    monkeypatch.setattr(unsent_message_sweeper, "sweep", away)

    unsent_message_sweeper.run(Rounds(3))

    assert len(rounds) == 3


# What a sweep finds ----------------------------------------------------------------------------------------------


def test_sweep_finds_codes_before_notices(
    ana: EngineUser, carriers: list[FakeProvider], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unsent_message_sweeper, "_MAX_PER_SWEEP", 1)
    notices.notify(ana.user, "password_changed", now=ana.later(minutes=-1).context.now, how="changed")
    ana.start("text")

    [(found, _kind)] = sweep(ana.later(seconds=5))

    assert Message.objects.get(pk=found).challenge is not None


def sweep(ana: EngineUser) -> list[tuple[int, Channel]]:
    found: list[tuple[int, Channel]] = []
    unsent_message_sweeper.sweep(lambda pk, kind: found.append((pk, kind)), now=ana.context.now)
    return found


def test_sweep_finds_what_nobody_took_up(ana: EngineUser, queued: Message) -> None:
    assert sweep(ana.later(seconds=2)) == [(queued.pk, Channel.TEXT)]


@pytest.mark.django_db
def test_sweep_with_nothing_to_do_looks_once() -> None:
    """Each worker sweeps every two seconds. It had four statements."""
    with CaptureQueriesContext(connection) as found:
        assert unsent_message_sweeper.sweep(lambda _pk, _kind: None) == 0

    assert len(found) == 1


def test_sweep_looks_once_while_a_worker_is_on_its_way(ana: EngineUser, queued: Message) -> None:
    """A message that was asked for just now made it look five times."""
    with CaptureQueriesContext(connection) as found:
        unsent_message_sweeper.sweep(lambda _pk, _kind: None, now=ana.context.now)

    assert len(found) == 1


def test_sweep_looks_once_after_a_message_was_sent(
    ana: EngineUser, queued: Message, carriers: list[FakeProvider]
) -> None:
    dispatch_message(ana, queued)

    with CaptureQueriesContext(connection) as found:
        unsent_message_sweeper.sweep(lambda _pk, _kind: None)

    assert len(found) == 1


def test_sweep_leaves_what_was_woken_just_now(ana: EngineUser, queued: Message) -> None:
    assert sweep(ana) == []


def test_sweep_leaves_what_is_under_way(ana: EngineUser, queued: Message, carriers: list[FakeProvider]) -> None:
    dispatch_message(ana, queued)

    assert sweep(ana.later(seconds=5)) == []


def test_sweep_closes_what_is_stale(ana: EngineUser, queued: Message) -> None:
    assert sweep(ana.later(minutes=6)) == []
    assert Message.objects.get().state == MessageState.EXPIRED


def test_sweep_finds_a_refused_one_when_its_pause_is_over(
    ana: EngineUser, queued: Message, carriers: list[FakeProvider], monkeypatch: pytest.MonkeyPatch
) -> None:
    carriers[0].does = refuses(FailureReason.RATE_LIMITED)
    dispatch_message(ana, queued)
    Message.objects.update(not_before=ana.later(seconds=4).context.now)

    assert sweep(ana.later(seconds=4)) == []
    assert sweep(ana.later(seconds=5)) == [(queued.pk, Channel.TEXT)]


def test_dead_workers_message_is_unknown_after_its_lease_then_lost(ana: EngineUser, queued: Message) -> None:
    lease = timedelta(seconds=15)
    Message.objects.update(state=MessageState.SENDING, lease_until=ana.context.now + lease, claims=1)

    unsent_message_sweeper.settle_leases(ana.later(seconds=14).context.now)
    assert Message.objects.get().state == MessageState.SENDING
    unsent_message_sweeper.settle_leases(ana.later(seconds=15).context.now)
    assert Message.objects.get().state == MessageState.UNKNOWN
    unsent_message_sweeper.settle_leases(ana.later(seconds=60).context.now)
    assert Message.objects.get().state == MessageState.LOST


def test_lost_answer_is_told_within_a_minute(ana: EngineUser, queued: Message, carriers: list[FakeProvider]) -> None:
    carriers[0].does = breaks(ResponseLost)
    dispatch_message(ana, queued)
    Message.objects.update(handed_at=ana.context.now)

    unsent_message_sweeper.settle_leases(ana.later(seconds=31).context.now)

    assert Message.objects.get().state == MessageState.LOST

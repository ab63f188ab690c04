"""The sweep of a worker sends what no wake-up reached, and waits for a database that is away."""

import threading

import pytest
from django.db import InterfaceError, OperationalError, connections

from tests.verification.conftest import EngineUser
from verification.delivery import dispatch, sweeper
from verification.delivery.providers.virtual.models import Delivery
from verification.models import Message, MessageState
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
    monkeypatch.setattr(sweeper, "close_old_connections", lambda: None)
    monkeypatch.setattr(connections, "close_all", lambda: None)


def test_sends_by_itself(ana: EngineUser) -> None:
    ana.start("text")
    Message.objects.update(not_before=ana.later(seconds=-5).context.now)

    sweeper.run(Rounds(2))

    assert Delivery.objects.count() == 1


def test_message_with_as_many_claims_as_its_column_holds_is_closed(ana: EngineUser) -> None:
    """Seen failing on PostgreSQL: each sweep failed to claim it, because the next number didn't fit."""
    ana.start("text")
    Message.objects.update(not_before=ana.later(seconds=-5).context.now, claims=MAX_CLAIMS)

    sweeper.run(Rounds(2))

    assert Message.objects.get().state == MessageState.EXPIRED
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("error", [InterfaceError("connection already closed"), RuntimeError("a bug")])
def test_goes_on_after_any_error(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen failing: the thread ended, and nothing was retried by this worker until its restart."""
    rounds: list[int] = []

    def fails(*_: object) -> int:
        rounds.append(1)
        raise error

    monkeypatch.setattr(dispatch, "sweep", fails)

    sweeper.run(Rounds(3))

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

    sweeper.run(Rounds(1))

    second.refresh_from_db()
    assert second.state == MessageState.ACCEPTED


def test_goes_on_when_the_database_was_away(monkeypatch: pytest.MonkeyPatch) -> None:
    rounds: list[int] = []

    def away(*_: object) -> int:
        rounds.append(1)
        raise OperationalError("server closed the connection")

    monkeypatch.setattr(dispatch, "sweep", away)

    sweeper.run(Rounds(3))

    assert len(rounds) == 3

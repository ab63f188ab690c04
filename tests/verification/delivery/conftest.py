"""Carriers that do as a test tells them, and messages that wait for one."""

import copy
from collections.abc import Callable

import pytest

from tests.verification.conftest import Desk
from verification.delivery.provider import Callback, Heard, Outgoing, Refused
from verification.delivery.routing import routes
from verification.models import Challenge, Kind, Message, Reason, State
from verification.models.handles import new_handle


class Carrier:
    """A provider that does as it is told, and keeps what it was given."""

    kinds = frozenset(Kind)

    def __init__(self, name: str = "first", does: Callable[[Outgoing], str] = lambda _: "a reference") -> None:
        self.name = name
        self.does = does
        self.given: list[Outgoing] = []

    def send(self, message: Outgoing) -> str:
        self.given.append(message)
        return self.does(message)

    def parse(self, callback: Callback) -> Heard:
        raise NotImplementedError

    def probe(self) -> bool:
        return True


def refuses(reason: Reason, *, permanent: bool = False) -> Callable[[Outgoing], str]:
    def refuse(_: Outgoing) -> str:
        raise Refused(reason, permanent=permanent)

    return refuse


def breaks(error: type[Exception]) -> Callable[[Outgoing], str]:
    def fail(_: Outgoing) -> str:
        raise error

    return fail


@pytest.fixture
def carriers(monkeypatch: pytest.MonkeyPatch) -> list[Carrier]:
    """Put carriers of the test in the place of those that are installed."""
    put: list[Carrier] = [Carrier()]
    monkeypatch.setattr(routes, "route", lambda kind, number="": tuple(routes.Hop(carrier) for carrier in put))
    return put


@pytest.fixture
def queued(ana: Desk) -> Message:
    ana.start("text")
    return Message.objects.get()


def fill(desk: Desk, n: int, *, dead: int) -> list[int]:
    """Write the messages of many sign-ins of one person, without waking anybody."""
    issued = desk.start("text")
    challenge = Challenge.objects.get(handle=issued.handle)
    message = Message.objects.get()
    number = message.address
    Message.objects.all().delete()
    challenges = Challenge.objects.bulk_create(_copy(challenge, at, is_dead=at < dead) for at in range(n))
    rows = []
    for each in challenges:
        row = copy.copy(message)
        row.pk, row.handle, row.challenge = None, new_handle(), each
        row.address = number  # sealed to its own row
        rows.append(row)
    return [row.pk for row in Message.objects.bulk_create(rows)]


def _copy(challenge: Challenge, at: int, *, is_dead: bool) -> Challenge:
    other = copy.copy(challenge)
    other.pk, other.handle, other.nonce = None, new_handle(), new_handle()
    other.binding = f"session {at}"
    other.state = State.SUPERSEDED if is_dead else State.OPEN
    return other

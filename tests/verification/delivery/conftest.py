"""Fixtures: carriers that behave as a test says, and messages that wait for one."""

import copy
from collections.abc import Callable

import pytest

from tests.verification.conftest import EngineUser
from verification.delivery.provider_interface import Callback, Outgoing, ParsedCallback, SendRefused
from verification.delivery.routing import routes
from verification.models import Challenge, ChallengeState, Channel, FailureReason, Message
from verification.models.random_row_handles import new_handle


class FakeProvider:
    """A provider that behaves as told, and keeps the messages it was given."""

    kinds = frozenset(Channel)

    def __init__(self, name: str = "first", does: Callable[[Outgoing], str] = lambda _: "a reference") -> None:
        self.name = name
        self.does = does
        self.given: list[Outgoing] = []

    def send(self, message: Outgoing) -> str:
        self.given.append(message)
        return self.does(message)

    def parse(self, callback: Callback) -> ParsedCallback:
        raise NotImplementedError

    def probe(self) -> bool:
        return True


def refuses(reason: FailureReason, *, permanent: bool = False) -> Callable[[Outgoing], str]:
    def refuse(_: Outgoing) -> str:
        raise SendRefused(reason, permanent=permanent)

    return refuse


def breaks(error: type[Exception]) -> Callable[[Outgoing], str]:
    def fail(_: Outgoing) -> str:
        raise error

    return fail


@pytest.fixture
def carriers(monkeypatch: pytest.MonkeyPatch) -> list[FakeProvider]:
    """Replace the installed carriers by those of the test."""
    put: list[FakeProvider] = [FakeProvider()]
    monkeypatch.setattr(routes, "route", lambda kind, number="": tuple(routes.Hop(carrier) for carrier in put))
    return put


@pytest.fixture
def two_providers(carriers: list[FakeProvider]) -> list[FakeProvider]:
    carriers.append(FakeProvider("second"))
    return carriers


@pytest.fixture
def queued(ana: EngineUser) -> Message:
    ana.start("text")
    return Message.objects.get()


def fill(engine_user: EngineUser, n: int, *, dead: int) -> list[int]:
    """Create the messages of many sign-ins of one user, without sending anything."""
    issued = engine_user.start("text")
    challenge = Challenge.objects.get(handle=issued.handle)
    message = Message.objects.get()
    number = message.address
    Message.objects.all().delete()
    challenges = Challenge.objects.bulk_create(_copy(challenge, at, is_dead=at < dead) for at in range(n))
    rows = []
    for each in challenges:
        row = copy.copy(message)
        row.pk, row.handle, row.challenge = None, new_handle(), each
        row.address = number  # encrypted for its own row
        rows.append(row)
    return [row.pk for row in Message.objects.bulk_create(rows)]


def _copy(challenge: Challenge, at: int, *, is_dead: bool) -> Challenge:
    other = copy.copy(challenge)
    other.pk, other.handle, other.nonce = None, new_handle(), new_handle()
    other.binding = f"session {at}"
    other.state = ChallengeState.SUPERSEDED if is_dead else ChallengeState.OPEN
    return other

"""Failover: a message that one provider certainly didn't send goes to the next, one at a time."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.simulated.people import Clock
from tests.verification.conftest import EngineUser
from tests.verification.delivery.conftest import FakeProvider, breaks, refuses
from tests.verification.delivery.sending import dispatch_message, given, tries
from verification.delivery.provider_interface import Outgoing, ResponseLost, SendRefused
from verification.models import (
    AttemptResult,
    Channel,
    Circuit,
    FailureReason,
    Message,
    MessageState,
)


def test_certain_refusal_goes_to_the_next_provider(
    ana: EngineUser, queued: Message, carriers: list[FakeProvider]
) -> None:
    carriers[0].does = refuses(FailureReason.PROVIDER_DOWN)
    carriers.append(FakeProvider("second"))

    message = dispatch_message(ana, queued)

    assert (message.state, message.provider, message.reason) == (MessageState.ACCEPTED, "second", "")


def test_refusal_for_good_ends_it(ana: EngineUser, queued: Message, carriers: list[FakeProvider]) -> None:
    carriers[0].does = refuses(FailureReason.INVALID_NUMBER, permanent=True)
    carriers.append(FakeProvider("second"))

    message = dispatch_message(ana, queued)

    assert (message.state, message.reason, carriers[1].given) == (MessageState.FAILED, FailureReason.INVALID_NUMBER, [])


@pytest.mark.parametrize("error", [ResponseLost, RuntimeError, TimeoutError])
def test_unknown_outcome_is_neither_repeated_nor_given_to_another(
    ana: EngineUser, queued: Message, carriers: list[FakeProvider], error: type[Exception]
) -> None:
    carriers[0].does = breaks(error)
    carriers.append(FakeProvider("second"))

    assert dispatch_message(ana, queued).state == MessageState.UNKNOWN
    dispatch_message(ana.later(minutes=1), queued)

    assert [len(carrier.given) for carrier in carriers] == [1, 0]


def test_each_failed_try_is_written_down(ana: EngineUser, queued: Message, two_providers: list[FakeProvider]) -> None:
    two_providers[0].does = refuses(FailureReason.PROVIDER_DOWN)
    two_providers[1].does = breaks(ResponseLost)

    dispatch_message(ana, queued)

    assert tries() == [
        ("first", AttemptResult.REFUSED, FailureReason.PROVIDER_DOWN),
        ("second", AttemptResult.LOST, ""),
    ]


@pytest.mark.parametrize("does", [refuses(FailureReason.PROVIDER_DOWN), breaks(ResponseLost), breaks(RuntimeError)])
def test_failing_provider_is_passed_over(
    ana: EngineUser, two_providers: list[FakeProvider], does: Callable[[Outgoing], str]
) -> None:
    two_providers[0].does = does
    for number in range(8):
        ana.start("text", binding=f"session {number}")
        dispatch_message(ana, Message.objects.filter(kind=Channel.TEXT).latest("pk"))

    assert given(two_providers)[0] == 5
    assert Message.objects.filter(kind=Channel.TEXT).latest("pk").provider == "second"


def test_opt_out_counts_for_all_messages(ana: EngineUser, two_providers: list[FakeProvider]) -> None:
    def slow_down(_: Outgoing) -> str:
        raise SendRefused(FailureReason.RATE_LIMITED, after=timedelta(seconds=20))

    two_providers[0].does = slow_down
    for number in range(3):
        ana.start("text", binding=f"session {number}")
        dispatch_message(ana, Message.objects.latest("pk"))

    assert given(two_providers) == [1, 3]


def test_only_provider_that_asks_to_slow_down_gets_it_later(
    ana: EngineUser, queued: Message, carriers: list[FakeProvider]
) -> None:
    """However often, until the code is too old."""
    carriers[0].does = refuses(FailureReason.RATE_LIMITED)
    for second in range(0, 280, 20):
        Message.objects.update(not_before=ana.context.now)
        Circuit.objects.update(until_at=ana.context.now)
        assert dispatch_message(ana.later(seconds=second), queued).state == MessageState.QUEUED
    carriers[0].does = lambda _: "at last"
    Message.objects.update(not_before=ana.context.now)
    Circuit.objects.update(until_at=ana.context.now)

    assert dispatch_message(ana.later(seconds=290), queued).reference == "at last"


def test_lease_is_renewed_for_each_provider(
    ana: EngineUser, queued: Message, two_providers: list[FakeProvider], clock: Clock
) -> None:
    """Seen failing with the lease of the claim alone."""
    leases: list[Any] = []

    def refuse_after_a_second(_: Outgoing) -> str:
        leases.append(Message.objects.get().lease_until)
        clock.forward(seconds=1)
        raise SendRefused(FailureReason.PROVIDER_DOWN)

    two_providers[0].does = two_providers[1].does = refuse_after_a_second
    dispatch_message(ana, queued)

    assert leases[1] - leases[0] == timedelta(seconds=1)

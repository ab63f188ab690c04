"""Failover after receipts: what one provider accepted and didn't deliver goes to the next, which gets the same code."""

from typing import Any

import pytest

from tests.verification.conftest import EngineUser
from tests.verification.delivery.conftest import FakeProvider
from tests.verification.delivery.sending import dispatch_message, given, tries
from verification.delivery import dispatch
from verification.delivery.inbound import applying_delivery_receipts
from verification.delivery.provider_interface import Outgoing, Receipt
from verification.models import (
    AttemptResult,
    Circuit,
    FailureReason,
    Message,
    MessageState,
    Outage,
)


def report_back(
    ana: EngineUser, message: Message, reason: FailureReason | None, *, by: str = "first", **more: Any
) -> Message:
    """Let a provider report that a message didn't arrive."""
    terms = {"state": MessageState.UNDELIVERED, "reason": reason} | more
    applying_delivery_receipts.apply(Receipt(message_id=message.handle, **terms), provider=by, now=ana.context.now)
    message.refresh_from_db()
    return message


@pytest.mark.parametrize(
    "reason",
    [FailureReason.PROVIDER_DOWN, FailureReason.RATE_LIMITED, FailureReason.COUNTRY_NOT_ALLOWED, FailureReason.UNKNOWN],
)
def test_bad_receipt_of_the_provider_sends_the_same_words_by_the_next(
    ana: EngineUser, queued: Message, two_providers: list[FakeProvider], reason: FailureReason
) -> None:
    report_back(ana, dispatch_message(ana, queued), reason)
    assert queued.state == MessageState.QUEUED

    message = dispatch_message(ana, queued)

    assert (message.state, message.provider) == (MessageState.ACCEPTED, "second")
    assert two_providers[1].given[0].words == two_providers[0].given[0].words
    assert tries() == [("first", AttemptResult.RETURNED, reason)]


@pytest.mark.parametrize(
    "reason", [FailureReason.UNREACHABLE, FailureReason.LANDLINE, FailureReason.OPTED_OUT, FailureReason.FILTERED]
)
def test_failure_because_of_the_number_is_not_repeated(
    ana: EngineUser, queued: Message, two_providers: list[FakeProvider], reason: FailureReason
) -> None:
    report_back(ana, dispatch_message(ana, queued), reason)

    assert (queued.state, queued.reason) == (MessageState.UNDELIVERED, reason)


def test_a_provider_that_has_an_outage_is_no_other_provider(
    ana: EngineUser, queued: Message, two_providers: list[FakeProvider]
) -> None:
    """Seen failing: the message was queued again, nobody could send it, and its person waited instead of choosing."""
    message = dispatch_message(ana, queued)
    Outage.objects.create(provider="second", starts_at=ana.context.now)

    report_back(ana, message, FailureReason.PROVIDER_DOWN)

    assert queued.state == MessageState.UNDELIVERED


def test_each_provider_gets_it_once(ana: EngineUser, queued: Message, two_providers: list[FakeProvider]) -> None:
    """Seen failing with the former providers not looked up."""
    report_back(ana, dispatch_message(ana, queued), FailureReason.UNKNOWN)
    report_back(ana, dispatch_message(ana, queued), FailureReason.UNKNOWN, by="second")

    assert queued.state == MessageState.UNDELIVERED
    assert given(two_providers) == [1, 1]


def test_bad_receipt_told_twice_counts_once(
    ana: EngineUser, queued: Message, two_providers: list[FakeProvider]
) -> None:
    dispatch_message(ana, queued)
    for _ in range(3):
        report_back(ana, queued, FailureReason.PROVIDER_DOWN)
    dispatch_message(ana, queued)
    report_back(ana, queued, FailureReason.PROVIDER_DOWN)

    assert queued.state == MessageState.ACCEPTED
    assert (given(two_providers), len(tries()), Circuit.objects.get().failures) == ([1, 1], 1, 1)


def test_former_provider_moves_it_no_more(ana: EngineUser, queued: Message, two_providers: list[FakeProvider]) -> None:
    """Seen failing with the provider left on the row."""
    report_back(ana, dispatch_message(ana, queued), FailureReason.UNKNOWN)

    report_back(ana, queued, None, state=MessageState.DELIVERED)

    assert queued.state == MessageState.QUEUED


def test_is_not_given_to_another_while_it_is_handed_over(
    ana: EngineUser, queued: Message, two_providers: list[FakeProvider]
) -> None:
    """A receipt overtakes the answer. Seen failing (two references) with SENDING let through."""

    def report(message: Outgoing) -> str:
        report_back(ana, queued, FailureReason.PROVIDER_DOWN)
        dispatch.send(queued.pk, now=ana.context.now)
        return "late"

    two_providers[0].does = report

    message = dispatch_message(ana, queued)

    assert (message.state, message.reference, given(two_providers)) == (MessageState.UNDELIVERED, "late", [1, 0])


def test_message_that_helps_nobody_any_more_goes_to_no_other_provider(
    ana: EngineUser, two_providers: list[FakeProvider]
) -> None:
    issued = ana.start("text")
    message = dispatch_message(ana, Message.objects.get())
    assert ana.answer(issued, ana.code(issued)).proven

    report_back(ana, message, FailureReason.PROVIDER_DOWN)

    assert message.state == MessageState.UNDELIVERED

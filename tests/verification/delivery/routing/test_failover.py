"""What one provider doesn't bring goes to the next, one at a time; nobody ever gets two different codes."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.simulated.people import Clock
from tests.verification.conftest import EngineUser
from tests.verification.delivery.conftest import FakeProvider, breaks, refuses
from tests.verification.delivery.sending import dispatch_message
from verification.challenges import resending
from verification.delivery import dispatch
from verification.delivery.inbound import receipts
from verification.delivery.provider import Outgoing, Receipt, ResponseLost, SendRefused
from verification.models import (
    Attempt,
    AttemptResult,
    Challenge,
    Channel,
    Circuit,
    FailureReason,
    Message,
    MessageState,
)
from verification.outcomes import Verdict


@pytest.fixture
def two_providers(carriers: list[FakeProvider]) -> list[FakeProvider]:
    carriers.append(FakeProvider("second"))
    return carriers


def report_back(
    ana: EngineUser, message: Message, reason: FailureReason | None, *, by: str = "first", **more: Any
) -> Message:
    """Let a provider report that a message didn't arrive."""
    terms = {"state": MessageState.UNDELIVERED, "reason": reason} | more
    receipts.apply(Receipt(message_id=message.handle, **terms), provider=by, now=ana.context.now)
    message.refresh_from_db()
    return message


def given(two_providers: list[FakeProvider]) -> list[int]:
    return [len(carrier.given) for carrier in two_providers]


def tries() -> list[tuple[str, str, str]]:
    return list(Attempt.objects.order_by("pk").values_list("provider", "result", "reason"))


def test_each_failed_try_is_written_down(ana: EngineUser, queued: Message, two_providers: list[FakeProvider]) -> None:
    two_providers[0].does = refuses(FailureReason.PROVIDER_DOWN)
    two_providers[1].does = breaks(ResponseLost)

    dispatch_message(ana, queued)

    assert tries() == [
        ("first", AttemptResult.REFUSED, FailureReason.PROVIDER_DOWN),
        ("second", AttemptResult.LOST, ""),
    ]


# Receipts ------------------------------------------------------------------------------------------------------


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


# Circuits ------------------------------------------------------------------------------------------------------


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


# In doubt ------------------------------------------------------------------------------------------------------


def words(two_providers: list[FakeProvider]) -> list[str]:
    return [message.words for carrier in two_providers for message in carrier.given]


@pytest.mark.parametrize("state", [MessageState.UNKNOWN, MessageState.LOST])
def test_code_in_doubt_is_sent_again_as_the_same_code(
    ana: EngineUser, two_providers: list[FakeProvider], state: MessageState
) -> None:
    """Both may arrive, and whichever does is right. Seen failing with a new code for each sending."""
    two_providers[0].does = breaks(ResponseLost)
    issued = ana.start("text")
    dispatch_message(ana, Message.objects.get())
    Message.objects.update(state=state)
    first = ana.code(issued)
    two_providers[0].does = lambda _: "again"

    later = ana.later(seconds=31)
    assert later.resend(issued).verdict == Verdict.ISSUED
    dispatch_message(later, Message.objects.latest("pk"))

    assert ana.code(issued) == first
    assert len(set(words(two_providers))) == 1
    assert len(words(two_providers)) == 2
    assert later.answer(issued, first).proven


@pytest.mark.parametrize("state", [MessageState.ACCEPTED, MessageState.DELIVERED, MessageState.UNDELIVERED])
def test_code_whose_end_is_known_is_replaced(
    ana: EngineUser, two_providers: list[FakeProvider], state: MessageState
) -> None:
    issued = ana.start("text")
    dispatch_message(ana, Message.objects.get())
    Message.objects.update(state=state)
    first = ana.code(issued)

    ana.later(seconds=31).resend(issued)

    assert ana.code(issued) != first


def test_code_does_not_live_for_ever_by_being_sent_again(ana: EngineUser, two_providers: list[FakeProvider]) -> None:
    issued = ana.start("text")
    at = ana.context.now
    for minutes in (2, 4, 6, 8):
        Message.objects.update(state=MessageState.LOST)
        ana.later(minutes=minutes).resend(issued)
        assert Challenge.objects.latest("pk").expires_at <= at + timedelta(minutes=10)
    assert Challenge.objects.latest("pk").generation == 1
    Message.objects.update(state=MessageState.LOST)

    ana.later(minutes=9, seconds=30).resend(issued)

    assert Challenge.objects.latest("pk").generation == 2


def test_two_requests_for_it_send_one(
    ana: EngineUser, two_providers: list[FakeProvider], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen failing (two messages) with `resend_at` taken out of the guard."""
    issued = ana.start("text")
    Message.objects.update(state=MessageState.LOST)
    later = ana.later(seconds=31)
    whole = resending._end_of_doubt

    def overtaken(challenge: Any, now: Any) -> Any:
        monkeypatch.setattr(resending, "_end_of_doubt", whole)
        assert later.resend(issued).verdict == Verdict.ISSUED
        return whole(challenge, now)

    monkeypatch.setattr(resending, "_end_of_doubt", overtaken)

    assert later.resend(issued).verdict == Verdict.TOO_SOON
    assert Message.objects.count() == 2

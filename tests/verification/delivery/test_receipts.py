"""Receipts move a message forward only, in whatever order and however often they come."""

import itertools

import pytest

from tests.verification.conftest import Desk
from verification.delivery import receipts
from verification.delivery.provider import Receipt
from verification.models import Message, MessageState, Reason
from verification.models.messages import FINAL, RANK

COURSE = [MessageState.ACCEPTED, MessageState.SENT, MessageState.DELIVERED]


@pytest.fixture
def sent(ana: Desk) -> Message:
    ana.start("text")
    ana.deliver()
    Message.objects.update(state=MessageState.SENDING)
    return Message.objects.get()


def tell(message: Message, state: MessageState, *, provider: str = "virtual", reason: Reason | None = None) -> bool:
    receipt = Receipt(message_id=message.handle, state=state, reason=reason)
    return receipts.apply(receipt, provider=provider, now=message.created_at)


def state_of(message: Message) -> str:
    message.refresh_from_db()
    return message.state


@pytest.mark.parametrize("order", list(itertools.permutations(COURSE)))
def test_any_order_ends_delivered(sent: Message, order: tuple[MessageState, ...]) -> None:
    for state in order:
        tell(sent, state)

    assert state_of(sent) == MessageState.DELIVERED


def test_repeated_receipt_changes_nothing(sent: Message) -> None:
    assert tell(sent, MessageState.SENT)
    assert not tell(sent, MessageState.SENT)


@pytest.mark.parametrize("end", FINAL)
@pytest.mark.parametrize("state", [state for state in MessageState if RANK[state] == RANK[MessageState.DELIVERED]])
def test_first_end_stays(sent: Message, end: MessageState, state: MessageState) -> None:
    tell(sent, end)

    assert not tell(sent, state)
    assert state_of(sent) == end


@pytest.mark.parametrize("state", [MessageState.UNKNOWN, MessageState.LOST])
def test_late_receipt_resolves_what_was_in_doubt(sent: Message, state: MessageState) -> None:
    Message.objects.update(state=state)

    tell(sent, MessageState.DELIVERED)

    assert state_of(sent) == MessageState.DELIVERED


def test_reason_is_kept_with_the_end(sent: Message) -> None:
    tell(sent, MessageState.UNDELIVERED, reason=Reason.UNREACHABLE)

    sent.refresh_from_db()
    assert (sent.reason, sent.ended_at is not None) == (Reason.UNREACHABLE, True)


def test_receipt_of_another_provider_is_not_believed(sent: Message) -> None:
    assert not tell(sent, MessageState.DELIVERED, provider="another")
    assert state_of(sent) == MessageState.SENDING


def test_receipt_for_an_unknown_message_is_passed_over(sent: Message) -> None:
    receipt = Receipt(message_id="0" * 32, state=MessageState.DELIVERED)

    assert not receipts.apply(receipt, provider="virtual", now=sent.created_at)


def test_every_state_has_its_rank() -> None:
    assert set(RANK) == set(MessageState)

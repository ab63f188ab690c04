"""Every state of a message and every reason has words for the person who waits for it."""

import pytest

from verification.delivery import message_status_words
from verification.models import Channel, FailureReason, Message, MessageState

PHONE = [Channel.TEXT, Channel.CALL]
BAD = [MessageState.UNDELIVERED, MessageState.FAILED, MessageState.EXPIRED, MessageState.LOST]


@pytest.mark.parametrize("kind", Channel)
@pytest.mark.parametrize("state", MessageState)
def test_every_state_has_words(state: MessageState, kind: Channel) -> None:
    report = message_status_words.explain(Message(kind=kind, state=state))

    assert report.words.endswith(".")
    assert report.is_bad is (state in BAD)


@pytest.mark.parametrize("kind", PHONE)
@pytest.mark.parametrize("reason", [reason for reason in FailureReason if reason != FailureReason.UNKNOWN])
def test_every_reason_has_words_of_its_own(reason: FailureReason, kind: Channel) -> None:
    unknown = message_status_words.explain(
        Message(kind=kind, state=MessageState.UNDELIVERED, reason=FailureReason.UNKNOWN)
    )

    assert (
        message_status_words.explain(Message(kind=kind, state=MessageState.UNDELIVERED, reason=reason)).words
        != unknown.words
    )


@pytest.mark.parametrize("kind", PHONE)
def test_unknown_reason_blames_nobody(kind: Channel) -> None:
    report = message_status_words.explain(Message(kind=kind, state=MessageState.FAILED, reason="a code of the carrier"))

    assert report.is_bad
    assert "a code of the carrier" not in report.words


def test_no_message_needs_no_words() -> None:
    assert message_status_words.explain(None).words == ""


@pytest.mark.parametrize("state", [MessageState.QUEUED, MessageState.SENDING, MessageState.UNKNOWN, MessageState.LOST])
def test_what_may_change_is_not_final(state: MessageState) -> None:
    assert not message_status_words.explain(Message(kind=Channel.TEXT, state=state)).is_final

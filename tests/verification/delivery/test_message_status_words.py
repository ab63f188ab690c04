"""Every state of a message and every reason has words for the person who waits for it."""

import pytest

from verification.delivery import message_status_words
from verification.models import Kind, Message, MessageState, Reason

PHONE = [Kind.TEXT, Kind.CALL]
BAD = [MessageState.UNDELIVERED, MessageState.FAILED, MessageState.EXPIRED, MessageState.LOST]


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("state", MessageState)
def test_every_state_has_words(state: MessageState, kind: Kind) -> None:
    report = message_status_words.explain(Message(kind=kind, state=state))

    assert report.words.endswith(".")
    assert report.is_bad is (state in BAD)


@pytest.mark.parametrize("kind", PHONE)
@pytest.mark.parametrize("reason", [reason for reason in Reason if reason != Reason.UNKNOWN])
def test_every_reason_has_words_of_its_own(reason: Reason, kind: Kind) -> None:
    unknown = message_status_words.explain(Message(kind=kind, state=MessageState.UNDELIVERED, reason=Reason.UNKNOWN))

    assert (
        message_status_words.explain(Message(kind=kind, state=MessageState.UNDELIVERED, reason=reason)).words
        != unknown.words
    )


@pytest.mark.parametrize("kind", PHONE)
def test_unknown_reason_blames_nobody(kind: Kind) -> None:
    report = message_status_words.explain(Message(kind=kind, state=MessageState.FAILED, reason="a code of the carrier"))

    assert report.is_bad
    assert "a code of the carrier" not in report.words


def test_no_message_needs_no_words() -> None:
    assert message_status_words.explain(None).words == ""


@pytest.mark.parametrize("state", [MessageState.QUEUED, MessageState.SENDING, MessageState.UNKNOWN, MessageState.LOST])
def test_what_may_change_is_not_final(state: MessageState) -> None:
    assert not message_status_words.explain(Message(kind=Kind.TEXT, state=state)).is_final

"""Tests of the virtual network: what happens to a message or a call, as its receipts report it."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.verification.delivery.providers.virtual.conftest import CallbackReceiver, behave, outgoing, ring, soon
from verification.delivery.providers.virtual import callback_sender, carrier_behaviour
from verification.delivery.providers.virtual.models import Behaviour, Delivery, DeliveryState, PendingCallback
from verification.delivery.providers.virtual.provider import provider
from verification.models.messages import Channel, FailureReason


def captions_of(call: Delivery) -> list[tuple[str, str]]:
    call.refresh_from_db()
    return [(caption.voice, caption.words) for caption in call.captions]


@pytest.mark.parametrize("kind", [Channel.TEXT, Channel.MAIL])
def test_tells_that_a_message_was_accepted_sent_and_delivered(
    callback_receiver: CallbackReceiver, kind: Channel
) -> None:
    provider.send(outgoing(kind))

    callback_sender.pump(callback_receiver.post, now=soon())

    assert callback_receiver.states == ["accepted", "sent", "delivered"]


def test_tells_of_the_delivery_only_after_the_delay(callback_receiver: CallbackReceiver) -> None:
    behave(delay_ms=10_000)
    provider.send(outgoing())

    callback_sender.pump(callback_receiver.post, now=soon())
    assert callback_receiver.states == ["accepted", "sent"]
    callback_sender.pump(callback_receiver.post, now=soon(seconds=11))

    assert callback_receiver.states == ["accepted", "sent", "delivered"]


@pytest.mark.parametrize(
    ("reason", "state"),
    [
        (FailureReason.UNREACHABLE, "undelivered"),
        (FailureReason.LANDLINE, "undelivered"),
        (FailureReason.BLOCKED, "undelivered"),
        (FailureReason.FILTERED, "undelivered"),
        (FailureReason.UNKNOWN, "undelivered"),
        (FailureReason.OPTED_OUT, "failed"),
        (FailureReason.INVALID_NUMBER, "failed"),
    ],
)
def test_tells_why_a_text_did_not_arrive(
    callback_receiver: CallbackReceiver, reason: FailureReason, state: str
) -> None:
    behave(outcome=reason)
    provider.send(outgoing())

    callback_sender.pump(callback_receiver.post, now=soon())

    assert (callback_receiver.states[-1], callback_receiver.reasons[-1]) == (state, reason)


def test_drops_a_text_that_would_arrive_too_late(callback_receiver: CallbackReceiver) -> None:
    behave(delay_ms=10_000)
    provider.send(outgoing(useful_until=datetime.now(UTC) + timedelta(seconds=5)))

    callback_sender.pump(callback_receiver.post, now=soon(seconds=11))

    assert (callback_receiver.states[-1], callback_receiver.reasons[-1]) == ("undelivered", FailureReason.TOO_OLD)


def test_repeats_each_receipt(callback_receiver: CallbackReceiver) -> None:
    behave(n_repeats=2)
    provider.send(outgoing())

    callback_sender.pump(callback_receiver.post, now=soon(seconds=2))

    assert sorted(callback_receiver.states) == sorted(["accepted", "sent", "delivered"] * 3)


def test_tells_in_the_wrong_order(callback_receiver: CallbackReceiver) -> None:
    behave(reorders_receipts=True)
    provider.send(outgoing())

    callback_sender.pump(callback_receiver.post, now=soon(seconds=2))

    assert callback_receiver.states == ["delivered", "sent", "accepted"]


def test_holds_receipts_back_until_it_is_told_to_send_them(callback_receiver: CallbackReceiver) -> None:
    behave(holds_receipts=True)
    provider.send(outgoing())
    callback_sender.pump(callback_receiver.post, now=soon())
    assert callback_receiver.states == []

    carrier_behaviour.apply(Behaviour(number=outgoing().to))
    callback_sender.pump(callback_receiver.post, now=soon())

    assert callback_receiver.states == ["accepted", "sent", "delivered"]


def test_tells_nothing_of_a_message_without_an_address_for_it(callback_receiver: CallbackReceiver) -> None:
    provider.send(outgoing(receipt_url=""))

    assert callback_sender.pump(callback_receiver.post, now=soon()) == 0


@pytest.mark.parametrize(
    ("reason", "states"),
    [
        (FailureReason.BUSY, ["undelivered"]),
        (FailureReason.NO_ANSWER, ["ringing", "undelivered"]),
        (FailureReason.VOICEMAIL, ["ringing", "undelivered"]),
        (FailureReason.INVALID_NUMBER, ["failed"]),
    ],
)
def test_tells_why_a_call_was_not_taken(
    callback_receiver: CallbackReceiver, reason: FailureReason, states: list[str]
) -> None:
    behave(outcome=reason)
    call = ring()

    callback_sender.pump(callback_receiver.post, now=soon())

    assert (callback_receiver.states, callback_receiver.reasons[-1]) == (states, reason)
    assert not carrier_behaviour.answer(call.pk, now=soon())


def test_rings_until_somebody_answers_and_says_the_first_words(callback_receiver: CallbackReceiver) -> None:
    call = ring()

    assert carrier_behaviour.answer(call.pk, now=soon())

    callback_sender.pump(callback_receiver.post, now=soon())
    assert callback_receiver.states == ["ringing", "answered"]
    assert captions_of(call) == [("caller", "Hello. Press hash.")]


def test_does_not_ring_before_the_delay_is_over(callback_receiver: CallbackReceiver) -> None:
    behave(delay_ms=10_000)
    call = ring()

    assert not carrier_behaviour.answer(call.pk, now=soon())
    assert carrier_behaviour.answer(call.pk, now=soon(seconds=11))


def test_rings_out_when_nobody_answers(callback_receiver: CallbackReceiver) -> None:
    call = ring()

    callback_sender.pump(callback_receiver.post, now=soon(seconds=31))

    assert (callback_receiver.states, callback_receiver.reasons[-1]) == (
        ["ringing", "undelivered"],
        FailureReason.NO_ANSWER,
    )
    assert not carrier_behaviour.answer(call.pk, now=soon(seconds=32))


def test_is_busy_when_declined(callback_receiver: CallbackReceiver) -> None:
    call = ring()

    assert carrier_behaviour.decline(call.pk, now=soon())

    callback_sender.pump(callback_receiver.post, now=soon())
    assert callback_receiver.reasons[-1] == FailureReason.BUSY


def test_tells_the_keys_at_the_hash_key_and_goes_on_as_told(callback_receiver: CallbackReceiver) -> None:
    call = ring()
    carrier_behaviour.answer(call.pk, now=soon())
    callback_receiver.answers = [callback_sender.CallbackResponse(200, b"{}")] * 2 + [
        callback_sender.CallbackResponse(200, b'{"words": "Again.", "more": true}')
    ]

    for key in "46#":
        assert carrier_behaviour.press(call.pk, keys=key, now=soon())
    callback_sender.pump(callback_receiver.post, now=soon())

    assert callback_receiver.keys == ["46#"]
    assert captions_of(call)[1:] == [("person", "46#"), ("caller", "Again.")]
    assert call.state == DeliveryState.ANSWERED


def test_hangs_up_when_the_caller_has_nothing_more_to_hear(callback_receiver: CallbackReceiver) -> None:
    call = ring()
    carrier_behaviour.answer(call.pk, now=soon())
    callback_receiver.answers = [callback_sender.CallbackResponse(200, b"{}")] * 2 + [
        callback_sender.CallbackResponse(200, b'{"words": "Goodbye."}')
    ]

    carrier_behaviour.press(call.pk, keys="47#", now=soon())
    callback_sender.pump(callback_receiver.post, now=soon())

    assert captions_of(call)[-1] == ("caller", "Goodbye.")
    assert callback_receiver.states == ["ringing", "answered", "delivered"]


def test_tells_keys_without_a_hash_after_a_pause(callback_receiver: CallbackReceiver) -> None:
    call = ring()
    carrier_behaviour.answer(call.pk, now=soon())
    carrier_behaviour.press(call.pk, keys="1", now=soon())

    callback_sender.pump(callback_receiver.post, now=soon(seconds=1))
    assert callback_receiver.keys == []
    callback_sender.pump(callback_receiver.post, now=soon(seconds=5))

    assert callback_receiver.keys == ["1"]


@pytest.mark.parametrize("keys", ["1a", "１", "+", " "])
def test_takes_only_keys_that_a_telephone_has(callback_receiver: CallbackReceiver, keys: str) -> None:
    call = ring()
    carrier_behaviour.answer(call.pk, now=soon())

    assert not carrier_behaviour.press(call.pk, keys=keys, now=soon())


def test_says_goodbye_when_we_do_not_answer_the_keys(callback_receiver: CallbackReceiver) -> None:
    call = ring()
    carrier_behaviour.answer(call.pk, now=soon())
    callback_receiver.answers = [callback_sender.CallbackResponse(200)] * 2 + [callback_sender.CallbackResponse(403)]

    carrier_behaviour.press(call.pk, keys="#", now=soon())
    callback_sender.pump(callback_receiver.post, now=soon())

    assert "error" in captions_of(call)[-1][1]
    assert call.state == DeliveryState.COMPLETED


def test_ends_a_call_in_which_nobody_presses_anything(callback_receiver: CallbackReceiver) -> None:
    call = ring()
    carrier_behaviour.answer(call.pk, now=soon())

    callback_sender.pump(callback_receiver.post, now=soon(seconds=100))

    assert callback_receiver.states[-1] == "delivered"
    assert not carrier_behaviour.press(call.pk, keys="#", now=soon(seconds=100))


def test_tells_that_the_person_hung_up(callback_receiver: CallbackReceiver) -> None:
    call = ring()
    carrier_behaviour.answer(call.pk, now=soon())

    assert carrier_behaviour.hang_up(call.pk, now=soon())

    callback_sender.pump(callback_receiver.post, now=soon())
    assert callback_receiver.reasons[-1] == FailureReason.HUNG_UP


def test_is_answered_once(callback_receiver: CallbackReceiver) -> None:
    call = ring()

    assert [carrier_behaviour.answer(call.pk, now=soon()) for _ in range(2)] == [True, False]

    assert PendingCallback.objects.filter(body__contains='"answered"').count() == 1


def test_ends_the_call_it_is_in_when_another_is_answered(callback_receiver: CallbackReceiver) -> None:
    first = ring()
    carrier_behaviour.answer(first.pk, now=soon())
    second = ring(id="f" * 32)

    assert carrier_behaviour.answer(second.pk, now=soon())

    first.refresh_from_db()
    assert first.state == DeliveryState.HUNG_UP


def test_reorders_the_receipts_of_a_call_too(callback_receiver: CallbackReceiver) -> None:
    behave(reorders_receipts=True)
    call = ring()
    carrier_behaviour.answer(call.pk, now=soon())
    carrier_behaviour.hang_up(call.pk, now=soon())

    callback_sender.pump(callback_receiver.post, now=soon(seconds=10))

    assert callback_receiver.states == ["undelivered", "answered", "ringing"]

"""The carrier posts what is due: in order, until it is taken, and each thing once."""

import pytest

from tests.verification.delivery.providers.virtual.conftest import CallbackReceiver, behave, outgoing, ring, soon
from verification.delivery.providers.virtual import callback_sender, carrier_behaviour
from verification.delivery.providers.virtual.models import PendingCallback
from verification.delivery.providers.virtual.provider import provider
from verification.models.messages import Channel

OK = callback_sender.CallbackResponse(200)


def test_posts_to_the_addresses_of_the_message(callback_receiver: CallbackReceiver) -> None:
    provider.send(outgoing())

    assert callback_sender.pump(callback_receiver.post, now=soon()) == 3

    assert {callback.url for callback in callback_receiver.callbacks} == {outgoing().receipt_url}


def test_posts_nothing_twice_of_its_own_accord(callback_receiver: CallbackReceiver) -> None:
    provider.send(outgoing())
    callback_sender.pump(callback_receiver.post, now=soon())

    assert callback_sender.pump(callback_receiver.post, now=soon(hours=1)) == 0


@pytest.mark.parametrize("status", [0, 500, 503])
def test_tries_again_later_when_we_were_down(callback_receiver: CallbackReceiver, status: int) -> None:
    callback_receiver.answers = [callback_sender.CallbackResponse(status)]
    provider.send(outgoing(Channel.CALL))

    assert callback_sender.pump(callback_receiver.post, now=soon()) == 1
    assert callback_sender.pump(callback_receiver.post, now=soon()) == 0
    assert callback_sender.pump(callback_receiver.post, now=soon(seconds=2)) == 1


def test_gives_up_after_its_last_try(callback_receiver: CallbackReceiver) -> None:
    callback_receiver.answers = [callback_sender.CallbackResponse(0)] * 99
    provider.send(outgoing(Channel.CALL))

    posts = [
        callback_sender.pump(callback_receiver.post, now=soon(seconds=20, hours=hour))
        for hour in range(callback_sender.MAX_TRIES + 3)
    ]

    assert sum(posts) >= callback_sender.MAX_TRIES
    assert PendingCallback.objects.get(body__contains='"ringing"').tries == callback_sender.MAX_TRIES


def test_does_not_insist_when_we_refuse(callback_receiver: CallbackReceiver) -> None:
    callback_receiver.answers = [callback_sender.CallbackResponse(403)] * 3
    provider.send(outgoing())
    callback_sender.pump(callback_receiver.post, now=soon())

    assert callback_sender.pump(callback_receiver.post, now=soon(hours=1)) == 0


def test_lets_only_one_of_two_carriers_have_a_post(callback_receiver: CallbackReceiver) -> None:
    provider.send(outgoing())

    mine, theirs = (callback_sender.due(now=soon(), limit=10) for _ in range(2))

    # The other one gets the next post of the message, never the same one.
    assert not {callback.pk for callback in mine} & {callback.pk for callback in theirs}


def test_takes_one_post_of_each_message_at_a_time(callback_receiver: CallbackReceiver) -> None:
    provider.send(outgoing())
    provider.send(outgoing(id="f" * 32))

    claimed = callback_sender.due(now=soon(), limit=10)

    assert len({callback.delivery_id for callback in claimed}) == len(claimed) == 2
    assert callback_sender.due(now=soon(), limit=10, busy=[callback.delivery_id for callback in claimed]) == []


def test_takes_up_again_what_a_dead_carrier_had_claimed(callback_receiver: CallbackReceiver) -> None:
    provider.send(outgoing(Channel.CALL))
    callback_sender.due(now=soon(), limit=10)

    assert callback_sender.pump(callback_receiver.post, now=soon(seconds=1)) == 0
    assert callback_sender.pump(callback_receiver.post, now=soon(seconds=16)) == 1


def test_carries_a_held_receipt_only_when_it_is_let_go(callback_receiver: CallbackReceiver) -> None:
    behave(holds_receipts=True)
    call = ring()
    carrier_behaviour.answer(call.pk, now=soon())
    carrier_behaviour.press(call.pk, keys="#", now=soon())

    callback_sender.pump(callback_receiver.post, now=soon())

    assert (callback_receiver.states, callback_receiver.keys) == ([], ["#"])

"""Tests of the carrier's process: it claims callbacks, posts several at the same time, and records the responses."""

from concurrent.futures import Future, ThreadPoolExecutor, wait

import pytest

from tests.verification.delivery.providers.virtual.conftest import CallbackReceiver, outgoing
from verification.delivery.providers.virtual import callback_sender
from verification.delivery.providers.virtual.management.commands import carrier as command
from verification.delivery.providers.virtual.models import PendingCallback
from verification.delivery.providers.virtual.provider import provider
from verification.models.messages import Channel

Running = dict[Future[callback_sender.CallbackResponse], PendingCallback]


def test_brings_everything_in_a_few_turns(callback_receiver: CallbackReceiver) -> None:
    running: Running = {}
    for number in range(5):
        provider.send(outgoing(id=f"{number:032x}"))

    with ThreadPoolExecutor(4) as pool:
        for _ in range(10):
            command.turn(pool, running, callback_receiver.post, free=4 - len(running))
            wait(running)
    command.collect(running)

    assert sorted(callback_receiver.states) == sorted(["accepted", "sent", "delivered"] * 5)
    assert not PendingCallback.objects.filter(sent_at=None).exists()


def test_claims_no_more_than_it_can_carry(callback_receiver: CallbackReceiver) -> None:
    running: Running = {}
    for number in range(5):
        provider.send(outgoing(Channel.CALL, id=f"{number:032x}"))

    with ThreadPoolExecutor(2) as pool:
        command.turn(pool, running, callback_receiver.post, free=2)
        wait(running)
        command.turn(pool, running, callback_receiver.post, free=0)

    assert PendingCallback.objects.filter(tries=0).count() == 3


def test_claims_nothing_of_a_message_that_is_under_way(callback_receiver: CallbackReceiver) -> None:
    running: Running = {}
    provider.send(outgoing())

    with ThreadPoolExecutor(2) as pool:
        command.turn(pool, running, callback_receiver.post, free=2)

    assert len(running) == 1


def test_answers_0_for_a_host_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    post = command.poster(1)

    assert post("http://", b"", {}).status == 0

"""Tests of wake-ups: a task carries only an id; without a broker this process sends the message."""

import json
from typing import Any

import pytest
from kombu import Connection

from mfasite.celery import app
from tests.verification.conftest import EngineUser
from verification.delivery import tasks, worker_wake_ups
from verification.delivery.broker import Unreachable
from verification.delivery.providers.virtual.models import Delivery
from verification.models import Channel, Message, MessageState


def taken(queue: str) -> dict[str, Any]:
    """Take one wake-up off a queue, as it lies at the broker."""
    with app.connection_for_read() as connection:
        assert isinstance(connection, Connection)
        box = connection.SimpleQueue(queue)
        message = box.get(block=False)
        message.ack()
        box.close()
        return {"headers": message.headers, "body": json.loads(message.body or "")}


@pytest.mark.parametrize(
    ("kind", "queue"), [(Channel.TEXT, "texts"), (Channel.CALL, "calls"), (Channel.MAIL, "housekeeping")]
)
def test_each_kind_has_its_queue(broker: str, kind: Channel, queue: str) -> None:
    worker_wake_ups.publish(17, kind)

    assert taken(queue)["body"][1] == {"message_id": 17}


def test_carries_an_id_and_nothing_of_the_message(broker: str, queued: Message) -> None:
    worker_wake_ups.publish(queued.pk, Channel.TEXT)

    payload = json.dumps(taken("texts"))
    assert all(secret not in payload for secret in ("795551234", queued.handle, queued.sealed_address))


def test_sends_from_here_when_the_broker_is_away(
    ana: EngineUser, queued: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise Unreachable

    monkeypatch.setattr(worker_wake_ups, "publish", away)

    worker_wake_ups._wake(queued.pk, Channel.TEXT)

    assert Delivery.objects.count() == 1


def test_task_hands_one_message_over(queued: Message) -> None:
    tasks.deliver(message_id=queued.pk)
    tasks.deliver(message_id=queued.pk, something="more")

    assert Delivery.objects.count() == 1
    assert Message.objects.get().state == MessageState.ACCEPTED


def test_task_for_a_message_that_is_gone_does_nothing(queued: Message) -> None:
    tasks.deliver(message_id=queued.pk + 1)

    assert not Delivery.objects.exists()
    assert Message.objects.get().state == MessageState.QUEUED

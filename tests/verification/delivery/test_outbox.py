"""Tests of the outbox: a message is written in the action's transaction, without a code, its number encrypted."""

from datetime import timedelta

import pytest
from django.db import transaction

from tests.verification.conftest import EngineUser
from verification.delivery import outbox, worker_wake_ups
from verification.models import Channel, Message, MessageState


@pytest.fixture
def wake_ups(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, Channel]]:
    """Keep what would wake a worker."""
    calls: list[tuple[int, Channel]] = []
    monkeypatch.setattr(worker_wake_ups, "wake_worker", lambda pk, kind: calls.append((pk, kind)))
    return calls


def test_leaves_a_message_with_its_challenge(ana: EngineUser) -> None:
    issued = ana.start("text")

    message = Message.objects.get()
    assert (message.state, message.challenge.handle if message.challenge else "") == (
        MessageState.QUEUED,
        issued.handle,
    )
    assert (message.useful_until, message.hint) == (ana.later(minutes=5).context.now, "•••\xa0••\xa034")


def test_message_and_action_fall_together(ana: EngineUser) -> None:
    with transaction.atomic():
        ana.start("text")
        transaction.set_rollback(True)

    assert not Message.objects.exists()


def test_holds_neither_code_nor_number(ana: EngineUser) -> None:
    issued = ana.start("text")
    code = ana.code(issued)

    row = str(Message.objects.values().get())

    assert code not in row
    assert "795551234" not in row


def test_wakes_a_worker_only_after_commit(
    ana: EngineUser, wake_ups: list[tuple[int, Channel]], django_capture_on_commit_callbacks: object
) -> None:
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]  # a fixture without a type
        ana.start("text")
        assert wake_ups == []

    assert wake_ups == [(Message.objects.get().pk, Channel.TEXT)]


def test_notice_goes_to_the_persons_mail_until_it_is_of_no_more_use(engine_user: EngineUser) -> None:
    until = engine_user.context.now + timedelta(hours=3)

    outbox.notice(
        engine_user.user,
        "ana@example.org",
        template="verification/notices/to_person/fraud_reported_in_call.txt",
        context={},
        now=engine_user.context.now,
        until=until,
    )

    message = Message.objects.get()
    assert (message.kind, message.address, message.hint) == (Channel.MAIL, "ana@example.org", "")
    assert message.useful_until == until

"""Tests of the sweep that finds messages that nobody took up."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.verification.conftest import EngineUser
from tests.verification.delivery.conftest import FakeProvider, refuses
from tests.verification.delivery.sending import send
from verification import notices
from verification.delivery import dispatch
from verification.models import Channel, FailureReason, Message, MessageState


def test_sweep_finds_codes_before_notices(
    ana: EngineUser, carriers: list[FakeProvider], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "_MAX_PER_SWEEP", 1)
    notices.notify(ana.user, "password_changed", now=ana.later(minutes=-1).context.now, how="changed")
    ana.start("text")

    [(found, _kind)] = sweep(ana.later(seconds=5))

    assert Message.objects.get(pk=found).challenge is not None


# The sweep -----------------------------------------------------------------------------------------------------


def sweep(ana: EngineUser) -> list[tuple[int, Channel]]:
    found: list[tuple[int, Channel]] = []
    dispatch.sweep(lambda pk, kind: found.append((pk, kind)), now=ana.context.now)
    return found


def test_sweep_finds_what_nobody_took_up(ana: EngineUser, queued: Message) -> None:
    assert sweep(ana.later(seconds=2)) == [(queued.pk, Channel.TEXT)]


@pytest.mark.django_db
def test_sweep_with_nothing_to_do_looks_once() -> None:
    """Each worker sweeps every two seconds. It had four statements."""
    with CaptureQueriesContext(connection) as found:
        assert dispatch.sweep(lambda _pk, _kind: None) == 0

    assert len(found) == 1


def test_sweep_looks_once_while_a_worker_is_on_its_way(ana: EngineUser, queued: Message) -> None:
    """A message that was asked for just now made it look five times."""
    with CaptureQueriesContext(connection) as found:
        dispatch.sweep(lambda _pk, _kind: None, now=ana.context.now)

    assert len(found) == 1


def test_sweep_looks_once_after_a_message_was_sent(
    ana: EngineUser, queued: Message, carriers: list[FakeProvider]
) -> None:
    send(ana, queued)

    with CaptureQueriesContext(connection) as found:
        dispatch.sweep(lambda _pk, _kind: None)

    assert len(found) == 1


def test_sweep_leaves_what_was_woken_just_now(ana: EngineUser, queued: Message) -> None:
    assert sweep(ana) == []


def test_sweep_leaves_what_is_under_way(ana: EngineUser, queued: Message, carriers: list[FakeProvider]) -> None:
    send(ana, queued)

    assert sweep(ana.later(seconds=5)) == []


def test_sweep_closes_what_is_stale(ana: EngineUser, queued: Message) -> None:
    assert sweep(ana.later(minutes=6)) == []
    assert Message.objects.get().state == MessageState.EXPIRED


def test_sweep_finds_a_refused_one_when_its_pause_is_over(
    ana: EngineUser, queued: Message, carriers: list[FakeProvider], monkeypatch: pytest.MonkeyPatch
) -> None:
    carriers[0].does = refuses(FailureReason.RATE_LIMITED)
    send(ana, queued)
    Message.objects.update(not_before=ana.later(seconds=4).context.now)

    assert sweep(ana.later(seconds=4)) == []
    assert sweep(ana.later(seconds=5)) == [(queued.pk, Channel.TEXT)]

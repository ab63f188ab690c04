"""Housekeeping seals, closes and wakes every few seconds; once a day what is old goes, and the record stays."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F

from tests.verification.conftest import EngineUser
from verification import audit, browsers, limits, retention, tasks
from verification.delivery import worker_wake_ups
from verification.models import AuditEvent, AuditSeal, Browser, Challenge, Channel, Counter, Message


@pytest.fixture(autouse=True)
def wake_ups(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, Channel]]:
    """Keep what is put on a queue."""
    calls: list[tuple[int, Channel]] = []
    monkeypatch.setattr(worker_wake_ups, "publish", lambda pk, kind: calls.append((pk, kind)))
    return calls


def age(span: timedelta) -> None:
    """Let the rows of the engine grow older."""
    for challenge in Challenge.objects.all():
        challenge.expires_at -= span
        challenge.save(update_fields=["expires_at"])
    Message.objects.update(created_at=F("created_at") - span, not_before=F("not_before") - span)


def test_seals_the_record(ana: EngineUser) -> None:
    tasks.housekeeping()

    assert AuditSeal.objects.count() == 1
    assert list(audit.verify()) == []


def test_wakes_what_was_not_woken(ana: EngineUser, wake_ups: list[tuple[int, Channel]]) -> None:
    ana.start("text")
    age(timedelta(seconds=5))

    tasks.housekeeping(something="more")

    assert wake_ups == [(Message.objects.get(kind=Channel.TEXT).pk, Channel.TEXT)]


def test_purge_removes_old_requests(ana: EngineUser) -> None:
    ana.start("totp")
    age(timedelta(days=31))

    tasks.purge()

    assert not Challenge.objects.exists()


def test_purge_leaves_what_is_younger(ana: EngineUser) -> None:
    ana.start("text")
    age(timedelta(days=29))
    before = Challenge.objects.count()

    tasks.purge()

    assert Challenge.objects.count() == before
    assert Message.objects.filter(kind=Channel.TEXT).exists()


def test_purge_forgets_browsers_that_are_over(ana: EngineUser) -> None:
    browsers.remember(ana.user, ana.later(days=-20).context, days=14)
    browsers.remember(ana.user, ana.context, days=14)

    tasks.purge()

    assert Browser.objects.count() == 1


def test_purge_leaves_the_record_and_its_chain(ana: EngineUser) -> None:
    tasks.housekeeping()
    before = AuditEvent.objects.count()
    age(timedelta(days=365))

    tasks.purge()

    assert AuditEvent.objects.count() == before
    assert list(audit.verify()) == []


def test_purge_forgets_names_that_were_tried_long_ago(engine_user: EngineUser, settings: Any) -> None:
    """Names that a stranger made up stayed for ever, a row each (seen)."""
    limits.password_gate("a name that nobody has", engine_user.later(days=-40).context)
    for _ in range(3):
        limits.password_gate("ana", engine_user.context)

    tasks.purge()

    assert Counter.objects.filter(scope="password.name").count() == 1


def test_step_that_fails_keeps_no_other_from_running(ana: EngineUser, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen failing: what came after a step that always fails was never removed."""
    ana.start("totp")
    age(timedelta(days=31))
    browsers.remember(ana.user, ana.later(days=-20).context, days=14)
    monkeypatch.setattr(retention, "make_months", lambda _now: 1 / 0)

    with pytest.raises(ExceptionGroup) as failed:
        tasks.purge()

    assert [type(each) for each in failed.value.exceptions] == [ZeroDivisionError]
    assert not Challenge.objects.exists()
    assert not Browser.objects.exists()


def test_messages_are_sent_even_if_the_audit_log_cannot_be_sealed(
    ana: EngineUser, wake_ups: list[tuple[int, Channel]], monkeypatch: pytest.MonkeyPatch
) -> None:
    ana.start("text")
    age(timedelta(seconds=5))
    monkeypatch.setattr(audit, "seal", lambda _now: 1 / 0)

    with pytest.raises(ExceptionGroup):
        tasks.housekeeping()

    assert wake_ups == [(Message.objects.get(kind=Channel.TEXT).pk, Channel.TEXT)]

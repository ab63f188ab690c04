"""Old messages and challenges go, by the month where there are months, and nothing that is younger."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.utils import timezone

from tests.verification.conftest import EngineUser
from verification import retention
from verification.db import partitions
from verification.db.partitions import Month
from verification.models import Attempt, AuditEvent, Challenge, Message

TABLE = Message._meta.db_table


def age(moment: datetime) -> None:
    """Let all challenges and messages be of an earlier moment, in the month that they were written in."""
    span = timezone.now() - moment
    retention.make_months(moment)
    Challenge.objects.update(expires_at=F("expires_at") - span)
    if partitions.is_parted(connection, TABLE):
        move(moment)
    Message.objects.update(created_at=F("created_at") - span)
    connection.check_constraints()  # as committing does


def move(moment: datetime) -> None:
    """Give all messages ids of a moment."""
    for pk in list(Message.objects.values_list("pk", flat=True)):
        new = partitions.first_id(moment) + pk % 2**22
        Message.objects.filter(pk=pk).update(id=new)
        Attempt.objects.filter(message=pk).update(message_id=new)


def middle(n: int) -> datetime:
    """Return the middle of the month so many months ago."""
    return Month.of(timezone.now()).later(-n).starts_at.replace(day=15)


@pytest.fixture
def sent(ana: EngineUser) -> EngineUser:
    """A text that one provider refused."""
    issued = ana.start("text")
    message = Message.objects.get(challenge__handle=issued.handle)
    message.attempts.create(provider="virtual", result="refused")
    return ana


def test_old_messages_go_with_their_challenges_and_attempts(sent: EngineUser) -> None:
    age(middle(3))

    retention.remove_old(timezone.now())

    assert not Message.objects.exists()
    assert not Challenge.objects.filter(enrolment__method="text", purpose="sign_in").exists()
    assert not Attempt.objects.exists()


def test_younger_ones_stay(sent: EngineUser) -> None:
    age(timezone.now() - timedelta(days=29))

    retention.remove_old(timezone.now())

    assert Message.objects.get().attempts.count() == 1
    assert Challenge.objects.filter(messages__isnull=False).exists()


def test_settings_say_how_long(sent: EngineUser, settings: Any) -> None:
    settings.MESSAGE_RETENTION_DAYS = settings.CHALLENGE_RETENTION_DAYS = 365
    age(middle(3))

    retention.remove_old(timezone.now())

    assert Message.objects.exists()
    assert Challenge.objects.exists()


def test_challenge_without_a_message_goes_after_its_own_time(ana: EngineUser, settings: Any) -> None:
    settings.MESSAGE_RETENTION_DAYS = 365
    ana.start("totp")
    age(timezone.now() - timedelta(days=31))

    retention.remove_old(timezone.now())

    assert not Challenge.objects.filter(enrolment__method="totp").exists()


@pytest.mark.postgresql  # elsewhere rows are deleted one by one
def test_dropped_month_of_messages_is_in_the_audit_log(sent: EngineUser) -> None:
    age(middle(3))

    retention.remove_old(timezone.now())

    event = AuditEvent.objects.get(kind="records.removed")
    assert (event.said["what"], event.said["n_rows"]) == ("messages", 1)
    assert partitions.first_id(middle(3)) < min(part.first for part in partitions.parts(connection, TABLE))


@pytest.mark.postgresql  # as above
def test_messages_without_a_month_are_deleted(sent: EngineUser) -> None:
    with connection.cursor() as cursor:
        for part in partitions.parts(connection, TABLE):
            cursor.execute(f"ALTER TABLE {TABLE} DETACH PARTITION {part.name}")
            cursor.execute(f"INSERT INTO {TABLE} SELECT * FROM {part.name}")
    move(middle(40))

    retention.remove_old(timezone.now())

    assert not Message.objects.exists()
